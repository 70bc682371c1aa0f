// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface Taken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// The allowances of Permit2 as https://github.com/Uniswap/permit2/blob/main/src/AllowanceTransfer.sol keeps them, without signatures.
contract Permit2 {
    struct Allowed {
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    mapping(address => mapping(address => mapping(address => Allowed))) public allowance;

    event Approval(
        address indexed owner, address indexed token, address indexed spender, uint160 amount, uint48 expiration
    );

    function approve(address token, address spender, uint160 amount, uint48 expiration) external {
        Allowed storage allowed = allowance[msg.sender][token][spender];
        allowed.amount = amount;
        allowed.expiration = expiration == 0 ? uint48(block.timestamp) : expiration;
        emit Approval(msg.sender, token, spender, amount, expiration);
    }

    function transferFrom(address from, address to, uint160 amount, address token) external {
        Allowed storage allowed = allowance[from][token][msg.sender];
        require(block.timestamp <= allowed.expiration, "Permit2: over");
        require(amount <= allowed.amount, "Permit2: too much");
        if (allowed.amount != type(uint160).max) allowed.amount -= amount;
        require(Taken(token).transferFrom(from, to, amount), "Permit2: not paid");
    }
}
