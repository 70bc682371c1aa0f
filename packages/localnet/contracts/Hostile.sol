// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface IToken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// Does, when it is called, whatever it was told to do by anybody before: never what its calldata says.
contract Hostile {
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    enum Does {
        Nothing,
        Take,
        TakeForGas,
        TellLies,
        GiveNoBalance,
        PassOn,
        Refuse,
        Waste,
        TellMoreLies
    }

    Does public does;
    address public token;
    address public to;
    uint256 public amount;
    mapping(uint256 => uint256) private wasted;

    function become(Does what, address ofToken, address receiver, uint256 much) external {
        (does, token, to, amount) = (what, ofToken, receiver, much);
    }

    function work() external payable {
        if (does == Does.Take || (does == Does.TakeForGas && tx.gasprice > 0)) {
            IToken(token).transferFrom(msg.sender, to, amount);
        } else if (does == Does.TellMoreLies) {
            emit Transfer(msg.sender, to, amount);
            // The same of an NFT.
            bytes32 topic = keccak256("Transfer(address,address,uint256)");
            address receiver = to;
            assembly {
                log4(0, 0, topic, caller(), receiver, 7)
            }
        } else if (does == Does.Waste || does == Does.TakeForGas) {
            // What is estimated has to be enough for whatever it becomes.
            for (uint256 slot = 0; slot < 8; slot++) wasted[slot] = block.number;
        } else if (does == Does.TellLies) {
            emit Transfer(msg.sender, to, amount);
            emit Approval(msg.sender, to, type(uint256).max);
        } else if (does == Does.PassOn) {
            (bool passed, ) = to.call{value: msg.value}("");
            require(passed);
        } else if (does == Does.Refuse) {
            revert("not today");
        }
    }

    function balanceOf(address) external view returns (uint256) {
        require(does != Does.GiveNoBalance);
        return amount;
    }

    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }
}
