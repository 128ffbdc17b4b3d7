// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICollateralVault, IDebtBook, IGlobalPause} from "./Interfaces.sol";

/// Collateral of borrowers. Deposits come straight in; withdrawals only through the BorrowModule, seizures through the engine.
contract CollateralVault is ICollateralVault, AccessControl, Pausable, ReentrancyGuard {
    using SafeERC20 for IERC20;

    struct Collateral {
        bool known;
        bool enabled;
        uint256 factorBps;
        uint256 thresholdBps;
        uint256 penaltyBps;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");
    bytes32 public constant VAULT_ADMIN_ROLE = keccak256("VAULT_ADMIN_ROLE");
    bytes32 public constant BORROW_MODULE_ROLE = keccak256("BORROW_MODULE_ROLE");
    bytes32 public constant LIQUIDATION_ROLE = keccak256("LIQUIDATION_ROLE");
    bytes32 public constant LEVERAGE_VAULT_ROLE = keccak256("LEVERAGE_VAULT_ROLE");

    uint256 public constant MAX_TOKENS = 50;
    uint256 public constant MAX_THRESHOLD_BPS = 9500;
    uint256 public constant MAX_PENALTY_BPS = 2000;
    uint256 public constant MIN_LEVERAGE_HEALTH_BPS = 11_000;

    address public immutable globalPauseRegistry;
    address public borrowModule;
    mapping(address user => mapping(address token => uint256)) public deposits;
    mapping(address token => Collateral) private _collateral;
    address[] private _tokens;

    event Deposited(address indexed user, address indexed token, uint256 amount);
    event Withdrawn(address indexed user, address indexed token, uint256 amount);
    event Seized(address indexed user, address indexed token, uint256 amount, address indexed liquidator);
    event CollateralAdded(address indexed token, uint256 collateralFactorBps, uint256 liquidationThresholdBps);
    event CollateralUpdated(address indexed token, uint256 collateralFactorBps, uint256 liquidationThresholdBps);
    event CollateralDisabled(address indexed token);
    event CollateralEnabled(address indexed token);
    event BorrowModuleUpdated(address indexed oldModule, address indexed newModule);

    error TokenNotSupported();
    error TokenAlreadyAdded();
    error TooManyTokens();
    error InvalidParameters();
    error InvalidAmount();
    error InvalidAddress();
    error GloballyPaused();
    error InsufficientCollateral();
    error InsufficientDeposit();
    error HealthTooLow();

    constructor(address _globalPauseRegistry) {
        globalPauseRegistry = _globalPauseRegistry;
        _setRoleAdmin(TIMELOCK_ROLE, TIMELOCK_ROLE);
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(VAULT_ADMIN_ROLE, msg.sender);
        _grantRole(TIMELOCK_ROLE, msg.sender);
    }

    function deposit(address token, uint256 amount) external nonReentrant whenNotPaused {
        _deposit(msg.sender, token, amount);
    }

    function depositFor(address user, address token, uint256 amount)
        external
        nonReentrant
        whenNotPaused
        onlyRole(LEVERAGE_VAULT_ROLE)
    {
        _deposit(user, token, amount);
    }

    function withdraw(address token, uint256 amount, address user) external nonReentrant onlyRole(BORROW_MODULE_ROLE) {
        if (deposits[user][token] < amount) revert InsufficientDeposit();
        deposits[user][token] -= amount;
        IERC20(token).safeTransfer(user, amount);
        emit Withdrawn(user, token, amount);
    }

    function withdrawFor(address user, address token, uint256 amount, address recipient, bool skipHealthCheck)
        external
        nonReentrant
        onlyRole(LEVERAGE_VAULT_ROLE)
    {
        if (deposits[user][token] < amount) revert InsufficientDeposit();
        deposits[user][token] -= amount;
        if (!skipHealthCheck && IDebtBook(borrowModule).healthFactorUnsafe(user) < MIN_LEVERAGE_HEALTH_BPS) {
            revert HealthTooLow();
        }
        IERC20(token).safeTransfer(recipient, amount);
        emit Withdrawn(user, token, amount);
    }

    function seize(address user, address token, uint256 amount, address liquidator)
        external
        nonReentrant
        onlyRole(LIQUIDATION_ROLE)
    {
        if (deposits[user][token] < amount) revert InsufficientCollateral();
        deposits[user][token] -= amount;
        IERC20(token).safeTransfer(liquidator, amount);
        emit Seized(user, token, amount, liquidator);
    }

    function addCollateral(address token, uint256 factor, uint256 threshold, uint256 penalty)
        external
        onlyRole(TIMELOCK_ROLE)
    {
        if (token == address(0)) revert InvalidAddress();
        if (_collateral[token].known) revert TokenAlreadyAdded();
        if (_tokens.length >= MAX_TOKENS) revert TooManyTokens();
        _checkParameters(factor, threshold, penalty);
        _collateral[token] = Collateral(true, true, factor, threshold, penalty);
        _tokens.push(token);
        emit CollateralAdded(token, factor, threshold);
    }

    function updateCollateral(address token, uint256 factor, uint256 threshold, uint256 penalty)
        external
        onlyRole(TIMELOCK_ROLE)
    {
        Collateral storage c = _known(token);
        _checkParameters(factor, threshold, penalty);
        (c.factorBps, c.thresholdBps, c.penaltyBps) = (factor, threshold, penalty);
        emit CollateralUpdated(token, factor, threshold);
    }

    function disableCollateral(address token) external onlyRole(TIMELOCK_ROLE) {
        _known(token).enabled = false;
        emit CollateralDisabled(token);
    }

    function enableCollateral(address token) external onlyRole(TIMELOCK_ROLE) {
        _known(token).enabled = true;
        emit CollateralEnabled(token);
    }

    function setBorrowModule(address module) external onlyRole(TIMELOCK_ROLE) {
        if (module == address(0)) revert InvalidAddress();
        emit BorrowModuleUpdated(borrowModule, module);
        borrowModule = module;
    }

    function getDeposit(address user, address token) external view returns (uint256) {
        return deposits[user][token];
    }

    function getSupportedTokens() external view returns (address[] memory) {
        return _tokens;
    }

    function getConfig(address token) external view returns (bool, uint256, uint256, uint256) {
        Collateral storage c = _collateral[token];
        return (c.enabled, c.factorBps, c.thresholdBps, c.penaltyBps);
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(TIMELOCK_ROLE) {
        _unpause();
    }

    function _deposit(address user, address token, uint256 amount) private {
        if (globalPauseRegistry != address(0) && IGlobalPause(globalPauseRegistry).isGloballyPaused()) {
            revert GloballyPaused();
        }
        if (!_collateral[token].enabled) revert TokenNotSupported();
        if (amount == 0) revert InvalidAmount();
        deposits[user][token] += amount;
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        emit Deposited(user, token, amount);
    }

    function _known(address token) private view returns (Collateral storage c) {
        c = _collateral[token];
        if (!c.known) revert TokenNotSupported();
    }

    function _checkParameters(uint256 factor, uint256 threshold, uint256 penalty) private pure {
        if (factor == 0 || factor >= threshold || threshold > MAX_THRESHOLD_BPS || penalty > MAX_PENALTY_BPS) {
            revert InvalidParameters();
        }
    }
}
