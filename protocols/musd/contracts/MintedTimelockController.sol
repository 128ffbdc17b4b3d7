// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// OpenZeppelin's timelock with a floor of 24 hours.
contract MintedTimelockController is TimelockController {
    uint256 public constant MIN_DELAY_FLOOR = 24 hours;

    error DelayBelowFloor();

    constructor(uint256 minDelay, address[] memory proposers, address[] memory executors, address admin)
        TimelockController(minDelay, proposers, executors, admin)
    {
        if (minDelay < MIN_DELAY_FLOOR) revert DelayBelowFloor();
    }
}
