// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IAggregatorV3} from "../Interfaces.sol";

/// A Chainlink-like feed whose publisher sets the answer, and can be made to fall silent. For the devnet only.
contract MockPriceFeed is IAggregatorV3 {
    uint8 public immutable decimals;
    address public immutable publisher;
    int256 public latestAnswer;
    uint256 public latestTimestamp;
    uint80 public latestRound;
    bool public frozen;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    error NotPublisher();
    error Frozen();

    modifier onlyPublisher() {
        if (msg.sender != publisher) revert NotPublisher();
        _;
    }

    constructor(address publisher_, uint8 decimals_, int256 answer) {
        publisher = publisher_;
        decimals = decimals_;
        _publish(answer, block.timestamp);
    }

    function setAnswer(int256 answer) external onlyPublisher {
        if (frozen) revert Frozen();
        _publish(answer, block.timestamp);
    }

    /// Publishes one last answer and accepts no other until thawed.
    function pin(int256 answer) external onlyPublisher {
        frozen = true;
        _publish(answer, block.timestamp);
    }

    /// As if the last answer had been given this many seconds ago, and none since.
    function fallSilent(uint256 secondsAgo) external onlyPublisher {
        frozen = true;
        latestTimestamp = block.timestamp - secondsAgo;
    }

    function thaw() external onlyPublisher {
        frozen = false;
        _publish(latestAnswer, block.timestamp);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (latestRound, latestAnswer, latestTimestamp, latestTimestamp, latestRound);
    }

    function _publish(int256 answer, uint256 at) private {
        latestAnswer = answer;
        latestTimestamp = at;
        latestRound += 1;
        emit AnswerUpdated(answer, latestRound, at);
    }
}
