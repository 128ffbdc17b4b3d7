// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IGlobalPause, ITreasuryValue} from "./Interfaces.sol";

/// Staked mUSD: an ERC-4626 vault with a decimals offset of 3, so a share has 21 decimals and one mUSD is 10^21 shares at par.
contract SMUSD is ERC4626, AccessControl, Pausable {
    using SafeERC20 for IERC20;

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");
    bytes32 public constant YIELD_MANAGER_ROLE = keccak256("YIELD_MANAGER_ROLE");
    bytes32 public constant BRIDGE_ROLE = keccak256("BRIDGE_ROLE");
    bytes32 public constant INTEREST_ROUTER_ROLE = keccak256("INTEREST_ROUTER_ROLE");

    uint256 public constant WITHDRAW_COOLDOWN = 24 hours;
    uint256 public constant MAX_YIELD_BPS = 1000;
    uint256 public constant MIN_SYNC_INTERVAL = 1 hours;
    uint256 public constant MAX_SHARE_CHANGE_BPS = 500;

    address public immutable globalPauseRegistry;
    address public treasury;
    uint256 public cantonTotalShares;
    uint256 public lastCantonSyncEpoch;
    uint256 public lastCantonSyncTime;
    uint256 public totalInterestReceived;
    mapping(address account => uint256) public lastDeposit;

    event YieldDistributed(address indexed from, uint256 amount);
    event CooldownUpdated(address indexed account, uint256 timestamp);
    event CantonSharesSynced(uint256 cantonShares, uint256 epoch, uint256 globalSharePrice);
    event TreasuryUpdated(address indexed oldTreasury, address indexed newTreasury);
    event InterestReceived(address indexed from, uint256 amount, uint256 totalReceived);

    error CooldownActive();
    error NoSharesExist();
    error InvalidAmount();
    error ZeroAmount();
    error ZeroAddress();
    error YieldExceedsCap();
    error InterestExceedsCap();
    error EpochNotSequential();
    error SyncTooFrequent();
    error InitialSharesTooLarge();
    error ShareIncreaseTooLarge();
    error ShareDecreaseTooLarge();

    constructor(IERC20 _musd, address _globalPauseRegistry) ERC4626(_musd) ERC20("Staked mUSD", "smUSD") {
        globalPauseRegistry = _globalPauseRegistry;
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(PAUSER_ROLE, msg.sender);
        _grantRole(TIMELOCK_ROLE, msg.sender);
    }

    function deposit(uint256 assets, address receiver) public override whenNotPaused returns (uint256) {
        return super.deposit(assets, receiver);
    }

    function mint(uint256 shares, address receiver) public override whenNotPaused returns (uint256) {
        return super.mint(shares, receiver);
    }

    function withdraw(uint256 assets, address receiver, address owner) public override whenNotPaused returns (uint256) {
        return super.withdraw(assets, receiver, owner);
    }

    function redeem(uint256 shares, address receiver, address owner) public override whenNotPaused returns (uint256) {
        return super.redeem(shares, receiver, owner);
    }

    function canWithdraw(address account) external view returns (bool) {
        return getRemainingCooldown(account) == 0;
    }

    function getRemainingCooldown(address account) public view returns (uint256) {
        uint256 end = lastDeposit[account] + WITHDRAW_COOLDOWN;
        return lastDeposit[account] == 0 || block.timestamp >= end ? 0 : end - block.timestamp;
    }

    function maxDeposit(address receiver) public view override returns (uint256) {
        return _stopped() ? 0 : super.maxDeposit(receiver);
    }

    function maxMint(address receiver) public view override returns (uint256) {
        return _stopped() ? 0 : super.maxMint(receiver);
    }

    function maxWithdraw(address owner) public view override returns (uint256) {
        return _stopped() ? 0 : super.maxWithdraw(owner);
    }

    function maxRedeem(address owner) public view override returns (uint256) {
        return _stopped() ? 0 : super.maxRedeem(owner);
    }

    /// mUSD with 18 decimals; the treasury's figure where one is set, else what the vault holds.
    function globalTotalAssets() public view returns (uint256) {
        if (treasury == address(0)) return totalAssets();
        try ITreasuryValue(treasury).totalValue() returns (uint256 value) {
            return value * 1e12;
        } catch {
            return totalAssets();
        }
    }

    function globalTotalShares() public view returns (uint256) {
        return totalSupply() + cantonTotalShares;
    }

    function ethereumTotalShares() external view returns (uint256) {
        return totalSupply();
    }

    /// An integer too coarse to watch (1000, then 1): use convertToAssets(10**21).
    function globalSharePrice() public view returns (uint256) {
        uint256 shares = globalTotalShares();
        return shares == 0 ? 1000 : (globalTotalAssets() * 1000) / shares;
    }

    function distributeYield(uint256 amount) external onlyRole(YIELD_MANAGER_ROLE) {
        if (totalSupply() == 0) revert NoSharesExist();
        if (amount == 0) revert InvalidAmount();
        if (amount > (globalTotalAssets() * MAX_YIELD_BPS) / 10_000) revert YieldExceedsCap();
        IERC20(asset()).safeTransferFrom(msg.sender, address(this), amount);
        emit YieldDistributed(msg.sender, amount);
    }

    function receiveInterest(uint256 amount) external onlyRole(INTEREST_ROUTER_ROLE) {
        if (amount == 0) revert ZeroAmount();
        if (totalSupply() == 0) revert NoSharesExist();
        if (amount > (globalTotalAssets() * MAX_YIELD_BPS) / 10_000) revert InterestExceedsCap();
        IERC20(asset()).safeTransferFrom(msg.sender, address(this), amount);
        totalInterestReceived += amount;
        emit InterestReceived(msg.sender, amount, totalInterestReceived);
    }

    function syncCantonShares(uint256 _cantonShares, uint256 epoch) external onlyRole(BRIDGE_ROLE) {
        if (epoch <= lastCantonSyncEpoch) revert EpochNotSequential();
        if (lastCantonSyncTime != 0 && block.timestamp < lastCantonSyncTime + MIN_SYNC_INTERVAL) revert SyncTooFrequent();
        uint256 current = cantonTotalShares;
        if (current == 0) {
            if (_cantonShares > totalSupply() * 2) revert InitialSharesTooLarge();
        } else {
            if (_cantonShares > (current * (10_000 + MAX_SHARE_CHANGE_BPS)) / 10_000) revert ShareIncreaseTooLarge();
            if (_cantonShares < (current * (10_000 - MAX_SHARE_CHANGE_BPS)) / 10_000) revert ShareDecreaseTooLarge();
        }
        cantonTotalShares = _cantonShares;
        lastCantonSyncEpoch = epoch;
        lastCantonSyncTime = block.timestamp;
        emit CantonSharesSynced(_cantonShares, epoch, globalSharePrice());
    }

    function setTreasury(address _treasury) external onlyRole(TIMELOCK_ROLE) {
        if (_treasury == address(0)) revert ZeroAddress();
        emit TreasuryUpdated(treasury, _treasury);
        treasury = _treasury;
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    function _stopped() private view returns (bool) {
        return paused() || (globalPauseRegistry != address(0) && IGlobalPause(globalPauseRegistry).isGloballyPaused());
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 3;
    }

    function _withdraw(address caller, address receiver, address owner, uint256 assets, uint256 shares)
        internal
        override
    {
        if (getRemainingCooldown(owner) != 0) revert CooldownActive();
        super._withdraw(caller, receiver, owner, assets, shares);
    }

    /// A new deposit starts the receiver's cooldown; a transfer hands on the later of the two.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (to == address(0) || value == 0) return;
        uint256 since = from == address(0) ? block.timestamp : lastDeposit[from];
        if (since > lastDeposit[to]) {
            lastDeposit[to] = since;
            emit CooldownUpdated(to, since);
        }
    }
}
