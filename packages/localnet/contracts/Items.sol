// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// The part of ERC-1155 by which items are had and given.
contract Items {
    mapping(address => mapping(uint256 => uint256)) public balanceOf;
    mapping(address => mapping(address => bool)) public isApprovedForAll;

    event TransferSingle(
        address indexed operator,
        address indexed from,
        address indexed to,
        uint256 tokenId,
        uint256 amount
    );

    function mint(address to, uint256 tokenId, uint256 amount) external {
        balanceOf[to][tokenId] += amount;
        emit TransferSingle(msg.sender, address(0), to, tokenId, amount);
    }

    function safeTransferFrom(address from, address to, uint256 tokenId, uint256 amount, bytes calldata) external {
        require(msg.sender == from || isApprovedForAll[from][msg.sender], "Items: not allowed");
        require(to.code.length == 0, "Items: takes none");
        balanceOf[from][tokenId] -= amount;
        balanceOf[to][tokenId] += amount;
        emit TransferSingle(msg.sender, from, to, tokenId, amount);
    }
}
