// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {StrategyBook} from "./StrategyBook.sol";

/// The USDC (6 decimals) behind mUSD: a reserve here, the rest in strategies.
contract Treasury is StrategyBook, AccessControlUpgradeable, PausableUpgradeable, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    bytes32 public constant VAULT_ROLE = keccak256("VAULT_ROLE");
    bytes32 public constant ALLOCATOR_ROLE = keccak256("ALLOCATOR_ROLE");
    bytes32 public constant STRATEGIST_ROLE = keccak256("STRATEGIST_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    address public vault;
    address public timelock;
    address public feeRecipient;
    uint256 public performanceFeeBps;
    uint256 public accruedFees;
    uint256 public lastRecordedValue;
    uint256 public peakRecordedValue;
    uint256 public lastFeeAccrual;

    event Deposited(address indexed from, uint256 amount, uint256[] allocations);
    event Withdrawn(address indexed to, uint256 amount);
    event FeesAccrued(uint256 yield, uint256 fees);
    event FeesClaimed(address indexed to, uint256 amount);
    event EmergencyWithdraw(uint256 amount);
    event ReserveBpsUpdated(uint256 oldBps, uint256 newBps);
    event TimelockUpdated(address indexed oldTimelock, address indexed newTimelock);

    error OnlyTimelock();
    error ZeroAddress();
    error ZeroAmount();
    error MustDepositOwnFunds();
    error InsufficientReserves();
    error InsufficientLiquidity();
    error ReserveTooHigh();
    error FeeTooHigh();
    error AccrualTooFrequent();
    error CannotRecoverAsset();

    modifier onlyTimelock() {
        if (msg.sender != timelock) revert OnlyTimelock();
        _;
    }

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address _asset, address _vault, address _admin, address _feeRecipient, address _timelock)
        external
        initializer
    {
        if (_asset == address(0) || _vault == address(0) || _admin == address(0)) revert ZeroAddress();
        if (_feeRecipient == address(0) || _timelock == address(0)) revert ZeroAddress();
        __AccessControl_init();
        __Pausable_init();
        __UUPSUpgradeable_init();
        asset = _asset;
        reserveBps = 1000;
        (vault, feeRecipient, timelock, performanceFeeBps) = (_vault, _feeRecipient, _timelock, 2000);
        lastFeeAccrual = block.timestamp;
        _grantRole(DEFAULT_ADMIN_ROLE, _admin);
        _grantRole(ALLOCATOR_ROLE, _admin);
        _grantRole(STRATEGIST_ROLE, _admin);
        _grantRole(GUARDIAN_ROLE, _admin);
        _grantRole(VAULT_ROLE, _vault);
    }

    /// The name that runbooks print; the same as totalValue.
    function totalAssets() external view returns (uint256) {
        return totalValue();
    }

    function totalValueNet() public view returns (uint256) {
        uint256 value = totalValue();
        uint256 fees_ = accruedFees + pendingFees();
        return value > fees_ ? value - fees_ : 0;
    }

    function totalBacking() external view returns (uint256) {
        return totalValueNet();
    }

    function availableReserves() external view returns (uint256) {
        return reserveBalance();
    }

    function targetReserve() external view returns (uint256) {
        return (totalValue() * reserveBps) / 10_000;
    }

    /// Performance fee on what lies above the highest value seen.
    function pendingFees() public view returns (uint256) {
        uint256 value = totalValue();
        if (peakRecordedValue == 0 || value <= peakRecordedValue) return 0;
        return ((value - peakRecordedValue) * performanceFeeBps) / 10_000;
    }

    function fees() external view returns (uint256, uint256, address) {
        return (performanceFeeBps, accruedFees, feeRecipient);
    }

    function deposit(address from, uint256 amount) external onlyRole(VAULT_ROLE) whenNotPaused {
        if (from != msg.sender) revert MustDepositOwnFunds();
        _receive(amount);
    }

    function depositFromVault(uint256 amount) external onlyRole(VAULT_ROLE) whenNotPaused {
        _receive(amount);
    }

    function withdraw(address to, uint256 amount) external onlyRole(VAULT_ROLE) whenNotPaused {
        if (amount == 0) revert ZeroAmount();
        if (reserveBalance() < amount) revert InsufficientReserves();
        _pay(to, amount);
    }

    function withdrawToVault(uint256 amount) external onlyRole(VAULT_ROLE) whenNotPaused {
        if (amount == 0) revert ZeroAmount();
        if (reserveBalance() < amount) revert InsufficientLiquidity();
        _pay(vault, amount);
    }

    function addStrategy(address strategy, uint256 targetBps, uint256 minBps, uint256 maxBps, bool autoAllocate)
        external
        onlyRole(STRATEGIST_ROLE)
    {
        _addStrategy(strategy, targetBps, minBps, maxBps, autoAllocate);
    }

    function removeStrategy(address strategy) external onlyRole(STRATEGIST_ROLE) {
        _removeStrategy(strategy);
    }

    function updateStrategy(address strategy, uint256 targetBps, uint256 minBps, uint256 maxBps, bool autoAllocate)
        external
        onlyRole(ALLOCATOR_ROLE)
    {
        _updateStrategy(strategy, targetBps, minBps, maxBps, autoAllocate);
    }

    function deployToStrategy(address strategy, uint256 amount) external onlyRole(ALLOCATOR_ROLE) whenNotPaused {
        _deploy(strategy, amount);
    }

    function withdrawFromStrategy(address strategy, uint256 amount) external onlyRole(ALLOCATOR_ROLE) {
        _recall(strategy, amount);
    }

    function rebalance() external onlyRole(ALLOCATOR_ROLE) {
        _rebalance();
    }

    function accrueFees() external onlyRole(ALLOCATOR_ROLE) {
        if (block.timestamp < lastFeeAccrual + 1 hours) revert AccrualTooFrequent();
        uint256 value = totalValue();
        uint256 fee = pendingFees();
        accruedFees += fee;
        emit FeesAccrued(value > lastRecordedValue ? value - lastRecordedValue : 0, fee);
        lastRecordedValue = value;
        if (value > peakRecordedValue) peakRecordedValue = value;
        lastFeeAccrual = block.timestamp;
    }

    function claimFees() external onlyRole(DEFAULT_ADMIN_ROLE) {
        uint256 amount = accruedFees;
        if (amount == 0) revert ZeroAmount();
        if (reserveBalance() < amount) revert InsufficientReserves();
        accruedFees = 0;
        IERC20(asset).safeTransfer(feeRecipient, amount);
        emit FeesClaimed(feeRecipient, amount);
    }

    function emergencyWithdrawAll() external onlyRole(GUARDIAN_ROLE) {
        emit EmergencyWithdraw(_recallAll());
    }

    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    function unpause() external onlyTimelock {
        _unpause();
    }

    function setReserveBps(uint256 bps) external onlyTimelock {
        if (bps > 3000) revert ReserveTooHigh();
        emit ReserveBpsUpdated(reserveBps, bps);
        reserveBps = bps;
    }

    function setFeeConfig(uint256 bps, address recipient) external onlyTimelock {
        if (bps > 5000) revert FeeTooHigh();
        if (recipient == address(0)) revert ZeroAddress();
        (performanceFeeBps, feeRecipient) = (bps, recipient);
    }

    function setVault(address _vault) external onlyTimelock {
        if (_vault == address(0)) revert ZeroAddress();
        vault = _vault;
    }

    function setTimelock(address _timelock) external onlyTimelock {
        if (_timelock == address(0)) revert ZeroAddress();
        emit TimelockUpdated(timelock, _timelock);
        timelock = _timelock;
    }

    function recoverToken(address token, uint256 amount) external onlyTimelock {
        if (token == asset) revert CannotRecoverAsset();
        IERC20(token).safeTransfer(msg.sender, amount);
    }

    function _authorizeUpgrade(address) internal override onlyTimelock {}

    function _receive(uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        emit Deposited(msg.sender, amount, new uint256[](0));
    }

    function _pay(address to, uint256 amount) private {
        IERC20(asset).safeTransfer(to, amount);
        emit Withdrawn(to, amount);
    }
}
