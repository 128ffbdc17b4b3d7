// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// One switch for collateral deposits and staking. MUSD, DirectMintV2, BorrowModule and the bridge do not read it.
contract GlobalPauseRegistry is AccessControl {
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    bool public isGloballyPaused;
    uint256 public lastPausedAt;
    uint256 public lastUnpausedAt;

    event GlobalPauseStateChanged(bool paused, address indexed caller);

    error AlreadyPaused();
    error NotPaused();

    constructor(address admin, address guardian) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GUARDIAN_ROLE, guardian);
    }

    function pauseGlobal() external onlyRole(GUARDIAN_ROLE) {
        if (isGloballyPaused) revert AlreadyPaused();
        isGloballyPaused = true;
        lastPausedAt = block.timestamp;
        emit GlobalPauseStateChanged(true, msg.sender);
    }

    function unpauseGlobal() external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!isGloballyPaused) revert NotPaused();
        isGloballyPaused = false;
        lastUnpausedAt = block.timestamp;
        emit GlobalPauseStateChanged(false, msg.sender);
    }
}
