// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// A contract that takes money and any call, or refuses both on demand.
contract Sink {
    bool public refusing;
    uint256 public calls;

    event Received(address indexed from, uint256 value, bytes data);

    function setRefusing(bool refusing_) external {
        refusing = refusing_;
    }

    receive() external payable {
        _take();
    }

    fallback() external payable {
        _take();
    }

    function _take() private {
        require(!refusing, "Sink: refusing");
        calls++;
        emit Received(msg.sender, msg.value, msg.data);
    }
}
