// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// Chainlink's AggregatorV3Interface with an answer, a time and a round that a test sets.
contract PriceFeed {
    struct Round {
        uint80 id;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        uint80 answeredInRound;
    }

    uint8 public immutable decimals;
    string public description;
    uint256 public constant version = 4;
    Round private latest;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    constructor(uint8 decimals_, string memory description_, int256 answer) {
        decimals = decimals_;
        description = description_;
        _set(Round(1, answer, block.timestamp, block.timestamp, 1));
    }

    /// A fresh answer in the next round, as a healthy feed gives.
    function setAnswer(int256 answer) external {
        uint80 id = latest.id + 1;
        _set(Round(id, answer, block.timestamp, block.timestamp, id));
    }

    /// The same answer, last updated at another time: a stale feed, or one from the future.
    function setUpdatedAt(uint256 updatedAt) external {
        latest.updatedAt = updatedAt;
    }

    /// Everything at once, also what a broken feed would say.
    function setRound(uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) external {
        _set(Round(id, answer, startedAt, updatedAt, answeredInRound));
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (latest.id, latest.answer, latest.startedAt, latest.updatedAt, latest.answeredInRound);
    }

    function getRoundData(uint80 id) external view returns (uint80, int256, uint256, uint256, uint80) {
        require(id == latest.id, "No data present");
        return (latest.id, latest.answer, latest.startedAt, latest.updatedAt, latest.answeredInRound);
    }

    function _set(Round memory round) private {
        latest = round;
        emit AnswerUpdated(round.answer, round.id, round.updatedAt);
    }
}
