// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface ISwapped {
    function balanceOf(address who) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// Swaps two tokens by the product of what it has of each, less 0.3 per cent, under the name and with the arguments that the
/// routers of Uniswap v2 have. What it has is what was sent to it.
contract Exchange {
    event Swap(address indexed sender, uint256 amountIn, uint256 amountOut, address indexed to);

    function swapExactTokensForTokens(
        uint256 amountIn, uint256 amountOutMin, address[] calldata path, address to, uint256 deadline
    ) external returns (uint256[] memory amounts) {
        require(deadline >= block.timestamp, "Exchange: expired");
        require(path.length == 2, "Exchange: invalid path");
        uint256 withFee = amountIn * 997;
        uint256 reserveOut = ISwapped(path[1]).balanceOf(address(this));
        uint256 out = (withFee * reserveOut) / (ISwapped(path[0]).balanceOf(address(this)) * 1000 + withFee);
        require(out >= amountOutMin, "Exchange: insufficient output amount");
        ISwapped(path[0]).transferFrom(msg.sender, address(this), amountIn);
        ISwapped(path[1]).transfer(to, out);
        emit Swap(msg.sender, amountIn, out, to);
        amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (amountIn, out);
    }
}
