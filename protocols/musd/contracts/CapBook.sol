// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ICappedMintable} from "./Interfaces.sol";

/// From attested assets to the supply cap: down at once and in full, up within a daily allowance.
abstract contract CapBook {
    uint256 public constant MAX_RATIO_CHANGE_BPS = 1000;
    uint256 public constant RATIO_CHANGE_COOLDOWN = 1 days;

    address public musdToken;
    uint256 public attestedCantonAssets;
    uint256 public collateralRatioBps;
    uint256 public lastRatioChangeTime;
    uint256 public dailyCapIncreaseLimit;
    uint256 public dailyCapIncreased;
    uint256 public dailyCapDecreased;
    uint256 public lastRateLimitReset;

    event SupplyCapUpdated(uint256 oldCap, uint256 newCap, uint256 attestedAssets);
    event EmergencyCapReduction(uint256 oldCap, uint256 newCap, string reason);
    event CollateralRatioUpdated(uint256 oldRatio, uint256 newRatio);
    event MUSDTokenUpdated(address indexed oldToken, address indexed newToken);
    event RateLimitReset(uint256 timestamp);
    event DailyCapIncreaseLimitUpdated(uint256 oldLimit, uint256 newLimit);
    event RateLimitedCapIncrease(uint256 requestedIncrease, uint256 allowedIncrease, uint256 remainingLimit);

    error InvalidAddress();
    error InvalidMusdAddress();
    error RatioBelow100Percent();
    error InvalidDailyLimit();
    error InvalidLimit();
    error ReasonRequired();
    error NotAReduction();
    error CapBelowSupply();
    error DailyCapLimitExhausted();
    error RatioChangeCooldown();
    error RatioChangeTooLarge();

    function getCurrentSupplyCap() public view returns (uint256) {
        return ICappedMintable(musdToken).supplyCap();
    }

    function getRemainingMintable() external view returns (uint256) {
        uint256 cap = getCurrentSupplyCap();
        uint256 supply = ICappedMintable(musdToken).totalSupply();
        return cap > supply ? cap - supply : 0;
    }

    function calculateSupplyCap(uint256 assets) public view returns (uint256) {
        return (assets * 10_000) / collateralRatioBps;
    }

    function getNetDailyCapIncrease() public view returns (uint256) {
        if (block.timestamp >= lastRateLimitReset + 1 days) return 0;
        return dailyCapIncreased > dailyCapDecreased ? dailyCapIncreased - dailyCapDecreased : 0;
    }

    function getRemainingDailyCapLimit() public view returns (uint256) {
        uint256 used = getNetDailyCapIncrease();
        return used >= dailyCapIncreaseLimit ? 0 : dailyCapIncreaseLimit - used;
    }

    /// Attested assets over supply, in basis points; the highest number while there is no supply.
    function getHealthRatio() external view returns (uint256) {
        uint256 supply = ICappedMintable(musdToken).totalSupply();
        return supply == 0 ? type(uint256).max : (attestedCantonAssets * 10_000) / supply;
    }

    function _initializeCap(address token, uint256 ratioBps, uint256 dailyLimit) internal {
        if (token == address(0)) revert InvalidMusdAddress();
        if (ratioBps < 10_000) revert RatioBelow100Percent();
        if (dailyLimit == 0) revert InvalidDailyLimit();
        (musdToken, collateralRatioBps, dailyCapIncreaseLimit) = (token, ratioBps, dailyLimit);
        lastRateLimitReset = block.timestamp;
    }

    /// The attested figure is kept in full even where the cap is clamped.
    function _applyAttestedAssets(uint256 assets) internal returns (uint256 cap) {
        attestedCantonAssets = assets;
        if (block.timestamp >= lastRateLimitReset + 1 days) {
            (dailyCapIncreased, dailyCapDecreased, lastRateLimitReset) = (0, 0, block.timestamp);
            emit RateLimitReset(block.timestamp);
        }
        uint256 old = getCurrentSupplyCap();
        cap = calculateSupplyCap(assets);
        if (cap == old) return cap;
        if (cap > old) {
            uint256 remaining = getRemainingDailyCapLimit();
            if (remaining == 0) revert DailyCapLimitExhausted();
            if (cap - old > remaining) {
                emit RateLimitedCapIncrease(cap - old, remaining, remaining);
                cap = old + remaining;
            }
            dailyCapIncreased += cap - old;
        } else {
            dailyCapDecreased += old - cap;
        }
        _setCap(old, cap);
    }

    function _reduceCap(uint256 newCap, string calldata reason) internal {
        if (bytes(reason).length == 0) revert ReasonRequired();
        uint256 old = getCurrentSupplyCap();
        if (newCap >= old) revert NotAReduction();
        if (newCap < ICappedMintable(musdToken).totalSupply()) revert CapBelowSupply();
        ICappedMintable(musdToken).setSupplyCap(newCap);
        emit EmergencyCapReduction(old, newCap, reason);
    }

    function _setRatio(uint256 bps) internal {
        if (lastRatioChangeTime != 0 && block.timestamp < lastRatioChangeTime + RATIO_CHANGE_COOLDOWN) {
            revert RatioChangeCooldown();
        }
        if (bps < 10_000) revert RatioBelow100Percent();
        uint256 old = collateralRatioBps;
        if ((bps > old ? bps - old : old - bps) > MAX_RATIO_CHANGE_BPS) revert RatioChangeTooLarge();
        collateralRatioBps = bps;
        lastRatioChangeTime = block.timestamp;
        emit CollateralRatioUpdated(old, bps);
        if (attestedCantonAssets == 0) return;
        uint256 oldCap = getCurrentSupplyCap();
        uint256 cap = calculateSupplyCap(attestedCantonAssets);
        if (cap != oldCap) _setCap(oldCap, cap);
    }

    function _setDailyLimit(uint256 limit) internal {
        if (limit == 0) revert InvalidLimit();
        emit DailyCapIncreaseLimitUpdated(dailyCapIncreaseLimit, limit);
        dailyCapIncreaseLimit = limit;
    }

    function _setToken(address token) internal {
        if (token == address(0)) revert InvalidMusdAddress();
        emit MUSDTokenUpdated(musdToken, token);
        musdToken = token;
    }

    function _setCap(uint256 old, uint256 cap) private {
        ICappedMintable(musdToken).setSupplyCap(cap);
        emit SupplyCapUpdated(old, cap, attestedCantonAssets);
    }
}
