// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// What somebody has, whatever the contract says of it elsewhere: for tests alone, which believe nothing else.
abstract contract Truthful {
    mapping(address => uint256) internal held;
    mapping(address => mapping(address => uint256)) internal allowed;

    function truth(address who) external view virtual returns (uint256) {
        return held[who];
    }

    function granted(address owner, address spender) external view virtual returns (uint256) {
        return allowed[owner][spender];
    }
}

/// An honest ERC-20, each of whose steps another one can do in its own way.
contract HonestToken is Truthful {
    string public constant name = "Case";
    string public constant symbol = "CASE";
    uint8 public constant decimals = 18;
    uint256 public totalSupply = 1e30;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    function mint(address to, uint256 amount) external virtual {
        held[to] += amount;
    }

    function balanceOf(address who) public view virtual returns (uint256) {
        return held[who];
    }

    function allowance(address owner, address spender) external view virtual returns (uint256) {
        return allowed[owner][spender];
    }

    function approve(address spender, uint256 amount) external virtual returns (bool) {
        grant(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        spend(from, amount);
        move(from, to, amount);
        return true;
    }

    function spend(address from, uint256 amount) internal virtual {
        allowed[from][msg.sender] -= amount;
    }

    function grant(address owner, address spender, uint256 amount) internal virtual {
        allowed[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    function move(address from, address to, uint256 amount) internal virtual {
        shift(from, to, amount);
        emit Transfer(from, to, amount);
    }

    function shift(address from, address to, uint256 amount) internal {
        held[from] -= amount;
        held[to] += amount;
    }

    /// Of whoever began the transaction, as some old contracts do it.
    function moveOfOrigin(address to, uint256 amount) external virtual {
        move(tx.origin, to, amount);
    }

    function allowOfOrigin(address spender, uint256 amount) external virtual {
        grant(tx.origin, spender, amount);
    }
}

contract FeeToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        held[from] -= amount / 10;
        super.move(from, to, amount);
    }
}

contract FeeOfReceiverToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        held[to] -= amount / 10;
    }
}

contract SilentToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
    }
}

contract SilentExtraToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        shift(from, to, amount);
    }
}

contract DoubleToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        super.move(from, address(this), amount);
    }
}

contract SmallTalkToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        emit Transfer(from, to, 1);
    }
}

contract BigTalkToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        emit Transfer(from, to, amount * 3);
    }
}

contract SplitTalkToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        emit Transfer(from, to, amount / 2);
        emit Transfer(from, address(this), amount - amount / 2);
    }
}

/// Its log says that it came back, which it did not.
contract BackTalkToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        emit Transfer(to, from, amount);
    }
}

contract OtherOwnerTalkToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        emit Transfer(to, to, amount);
    }
}

/// A log whose fields are no topics, as of some tokens of 2016.
contract PlainLogToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        bytes32 topic = keccak256("Transfer(address,address,uint256)");
        bytes memory data = abi.encode(from, to, amount);
        assembly {
            log1(add(data, 0x20), mload(data), topic)
        }
    }
}

/// A log as that of an NFT, whose number is the amount.
contract NumberedLogToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        bytes32 topic = keccak256("Transfer(address,address,uint256)");
        assembly {
            log4(0, 0, topic, from, to, amount)
        }
    }
}

/// A log of another standard, and none of its own.
contract SentLogToken is HonestToken {
    event Sent(address indexed operator, address indexed from, address indexed to, uint256 amount, bytes data, bytes more);

    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        emit Sent(msg.sender, from, to, amount, "", "");
    }
}

contract DirtyLogToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        shift(from, to, amount);
        bytes32 topic = keccak256("Transfer(address,address,uint256)");
        bytes memory data = abi.encode(amount, amount, amount);
        uint256 dirt = 1 << 200;
        assembly {
            log3(add(data, 0x20), mload(data), topic, or(from, dirt), to)
        }
    }
}

contract NothingReturnedToken is HonestToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        spend(from, amount);
        move(from, to, amount);
        assembly {
            return(0, 0)
        }
    }
}

contract FalseToken is HonestToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        spend(from, amount);
        move(from, to, amount);
        return false;
    }
}

contract LongReturnToken is HonestToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        spend(from, amount);
        move(from, to, amount);
        assembly {
            return(0, 50000)
        }
    }
}

contract BombBalanceToken is HonestToken {
    function balanceOf(address who) public view override returns (uint256) {
        uint256 amount = held[who];
        assembly {
            mstore(0, amount)
            return(0, 50000)
        }
    }
}

contract NoBalanceToken is HonestToken {
    function balanceOf(address) public pure override returns (uint256) {
        revert();
    }
}

contract BurningBalanceToken is HonestToken {
    function balanceOf(address) public pure override returns (uint256 none) {
        while (none == 0) {}
    }
}

contract ConstantBalanceToken is HonestToken {
    function balanceOf(address) public pure override returns (uint256) {
        return 1e24;
    }
}

/// Tells its owner what the owner likes to hear.
contract FlatteringToken is HonestToken {
    function balanceOf(address who) public view override returns (uint256) {
        return who == msg.sender ? 1e24 : held[who];
    }
}

/// A balance that counts up by the block whatever happens.
contract RisingBalanceToken is HonestToken {
    function balanceOf(address who) public view override returns (uint256) {
        return held[who] + block.number * 1e24;
    }
}

contract NoAllowanceToken is HonestToken {
    function allowance(address, address) external pure override returns (uint256) {
        return 0;
    }
}

contract SharesToken is HonestToken {
    uint256 public rate = 1e18;

    function balanceOf(address who) public view override returns (uint256) {
        return (held[who] * rate) / 1e18;
    }

    function truth(address who) external view override returns (uint256) {
        return balanceOf(who);
    }

    function rebase(uint256 to) external {
        rate = to;
    }
}

contract Backing is HonestToken {
    function moveFor(address from, address to, uint256 amount) external {
        shift(from, to, amount);
    }
}

/// The name under which another contract's amounts are known.
contract FrontToken is HonestToken {
    Backing public immutable backing = new Backing();

    function mint(address to, uint256 amount) external override {
        backing.mint(to, amount);
    }

    function balanceOf(address who) public view override returns (uint256) {
        return backing.balanceOf(who);
    }

    function truth(address who) external view override returns (uint256) {
        return backing.balanceOf(who);
    }
}

contract MovingApprovalToken is HonestToken {
    function grant(address owner, address spender, uint256 amount) internal override {
        super.grant(owner, spender, amount);
        if (amount > 0) move(owner, spender, amount);
    }
}

contract GenerousApprovalToken is HonestToken {
    function grant(address owner, address spender, uint256 amount) internal override {
        super.grant(owner, spender, amount * 100);
    }
}

contract TwofoldApprovalToken is HonestToken {
    function grant(address owner, address spender, uint256 amount) internal override {
        super.grant(owner, spender, amount);
        if (amount > 0) super.grant(owner, address(this), type(uint256).max);
    }
}

contract QuietApprovalToken is HonestToken {
    function grant(address owner, address spender, uint256 amount) internal override {
        allowed[owner][spender] = amount;
    }
}

contract EndlessAllowanceToken is HonestToken {
    function spend(address, uint256) internal override {}
}

contract PausedToken is HonestToken {
    function move(address from, address to, uint256 amount) internal override {
        require(held[address(0)] > 0, "paused");
        super.move(from, to, amount);
    }
}

interface IHooked {
    function tokensReceived(address from, address to, uint256 amount) external;
}

/// Tells its receivers, in the middle of it.
contract HookToken is HonestToken {
    mapping(address => mapping(address => bool)) public isOperatorFor;
    event AuthorizedOperator(address indexed operator, address indexed holder);

    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        if (to.code.length > 0) IHooked(to).tokensReceived(from, to, amount);
    }

    function authorizeOperator(address operator) external {
        isOperatorFor[operator][msg.sender] = true;
        emit AuthorizedOperator(operator, msg.sender);
    }

    function operatorSend(address from, address to, uint256 amount, bytes calldata, bytes calldata) external {
        require(isOperatorFor[msg.sender][from]);
        super.move(from, to, amount);
    }

    function granted(address owner, address spender) external view override returns (uint256) {
        return isOperatorFor[spender][owner] ? type(uint256).max : allowed[owner][spender];
    }
}

/// Allows and pays by what its owner has signed before; here each signature is good.
contract SignedToken is HonestToken {
    function permit(address owner, address spender, uint256 amount, uint256, uint8, bytes32, bytes32) external {
        grant(owner, spender, amount);
    }

    function transferWithAuthorization(
        address from, address to, uint256 amount, uint256, uint256, bytes32, uint8, bytes32, bytes32
    ) external {
        move(from, to, amount);
    }
}

/// NFTs, of which the number 7 is minted.
contract CaseNfts {
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => address) public getApproved;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event Approval(address indexed owner, address indexed spender, uint256 indexed id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool isApproved);

    function mint(address to, uint256) external {
        ownerOf[7] = to;
    }

    function balanceOf(address who) external view returns (uint256) {
        return ownerOf[7] == who ? 1 : 0;
    }

    function truth(address who) external view returns (uint256) {
        return ownerOf[7] == who ? 1 : 0;
    }

    function granted(address owner, address spender) external view returns (uint256) {
        return isApprovedForAll[owner][spender] || getApproved[7] == spender ? 1 : 0;
    }

    function approve(address spender, uint256) external {
        require(msg.sender == ownerOf[7]);
        getApproved[7] = spender;
        emit Approval(msg.sender, spender, 7);
    }

    function transferFrom(address from, address to, uint256) external {
        require(ownerOf[7] == from && (getApproved[7] == msg.sender || isApprovedForAll[from][msg.sender]));
        (ownerOf[7], getApproved[7]) = (to, address(0));
        emit Transfer(from, to, 7);
    }

    function moveOfOrigin(address to, uint256) external {
        ownerOf[7] = to;
        emit Transfer(tx.origin, to, 7);
    }

    function allowOfOrigin(address to, uint256) external {
        getApproved[7] = to;
        emit Approval(tx.origin, to, 7);
    }

    function allowAllOfOrigin(address to) external {
        isApprovedForAll[tx.origin][to] = true;
        emit ApprovalForAll(tx.origin, to, true);
    }
}

/// Things with numbers, of which there are many of the numbers 1 and 2.
contract CaseItems {
    mapping(address => mapping(uint256 => uint256)) internal items;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 amount);
    event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] amounts);
    event ApprovalForAll(address indexed owner, address indexed operator, bool isApproved);

    function mint(address to, uint256 amount) external {
        (items[to][1], items[to][2]) = (amount, amount);
    }

    function balanceOf(address who, uint256 id) external view returns (uint256) {
        return items[who][id];
    }

    function truth(address who) external view returns (uint256) {
        return items[who][1] + items[who][2];
    }

    function granted(address owner, address spender) external view returns (uint256) {
        return isApprovedForAll[owner][spender] ? 1 : 0;
    }

    function approve(address spender, uint256) external {
        isApprovedForAll[msg.sender][spender] = true;
        emit ApprovalForAll(msg.sender, spender, true);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        require(isApprovedForAll[from][msg.sender]);
        (items[from][1], items[to][1]) = (items[from][1] - amount, items[to][1] + amount);
        emit TransferSingle(msg.sender, from, to, 1, amount);
    }

    function moveMany(address from, address to, uint256 amount) external {
        require(isApprovedForAll[from][msg.sender]);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory amounts = new uint256[](2);
        (ids[0], ids[1], amounts[0], amounts[1]) = (1, 2, amount, amount);
        for (uint256 id = 1; id < 3; id++) (items[from][id], items[to][id]) = (items[from][id] - amount, items[to][id] + amount);
        emit TransferBatch(msg.sender, from, to, ids, amounts);
    }

    function allowAllOfOrigin(address to) external {
        isApprovedForAll[tx.origin][to] = true;
        emit ApprovalForAll(tx.origin, to, true);
    }
}
