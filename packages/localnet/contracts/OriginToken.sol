// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// Amounts, NFTs and numbered things of whoever has them, for tests. It has the hole of some old contracts: it takes whoever
/// began a transaction for whoever asks.
contract OriginToken {
    uint8 public constant decimals = 18;
    string public constant name = "Origin";
    string public constant symbol = "ORI";
    uint256 public totalSupply;
    mapping(address => uint256) private amounts;
    mapping(address => uint256) private counts;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => address) public getApproved;
    mapping(address => mapping(uint256 => uint256)) private items;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 amount);
    event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] amounts);

    constructor() {
        mint(msg.sender, 1);
    }

    function mint(address to, uint256 amount) public {
        totalSupply += amount;
        amounts[to] += amount;
        counts[to]++;
        ownerOf[amount] = to;
        items[to][1] += amount;
        items[to][2] += amount;
        emit Transfer(address(0), to, amount);
    }

    function balanceOf(address who) external view returns (uint256) {
        return amounts[who];
    }

    function balanceOf(address who, uint256 id) external view returns (uint256) {
        return items[who][id];
    }

    function move(address to, uint256 amount) external {
        amounts[tx.origin] -= amount;
        amounts[to] += amount;
        emit Transfer(tx.origin, to, amount);
    }

    function allow(address spender, uint256 amount) external {
        allowance[tx.origin][spender] = amount;
        emit Approval(tx.origin, spender, amount);
    }

    function allowAll(address operator) external {
        isApprovedForAll[tx.origin][operator] = true;
        emit ApprovalForAll(tx.origin, operator, true);
    }

    function moveNft(address to, uint256 id) external {
        require(ownerOf[id] == tx.origin);
        ownerOf[id] = to;
        log4Of("Transfer(address,address,uint256)", to, id);
    }

    function allowNft(address to, uint256 id) external {
        require(ownerOf[id] == tx.origin);
        getApproved[id] = to;
        log4Of("Approval(address,address,uint256)", to, id);
    }

    function moveItems(address to, uint256 amount) external {
        items[tx.origin][1] -= amount;
        emit TransferSingle(msg.sender, tx.origin, to, 1, amount);
    }

    function moveMany(address to, uint256 amount) external {
        items[tx.origin][1] -= amount;
        items[tx.origin][2] -= amount;
        uint256[] memory ids = new uint256[](2);
        uint256[] memory each = new uint256[](2);
        (ids[0], ids[1], each[0], each[1]) = (1, 2, amount, amount);
        emit TransferBatch(msg.sender, tx.origin, to, ids, each);
    }

    function log4Of(string memory signature, address to, uint256 id) private {
        bytes32 topic = keccak256(bytes(signature));
        assembly {
            log4(0, 0, topic, origin(), to, id)
        }
    }
}
