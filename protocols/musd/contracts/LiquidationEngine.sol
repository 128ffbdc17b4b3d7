// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ICollateralVault, IDebtBook, IMintable, IPriceOracle} from "./Interfaces.sol";

/// Repays a part of an unhealthy debt for its collateral plus a penalty. Not stopped by the pause of the BorrowModule.
contract LiquidationEngine is AccessControl, Pausable, ReentrancyGuard {
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");
    bytes32 public constant ENGINE_ADMIN_ROLE = keccak256("ENGINE_ADMIN_ROLE");

    uint256 public constant MIN_LIQUIDATION_AMOUNT = 100e18;

    ICollateralVault public immutable vault;
    IDebtBook public immutable borrowModule;
    IPriceOracle public immutable oracle;
    IMintable public immutable musd;
    uint256 public closeFactorBps;
    uint256 public fullLiquidationThreshold = 5000;
    uint256 public totalBadDebt;
    mapping(address borrower => uint256) public borrowerBadDebt;

    event Liquidation(
        address indexed liquidator,
        address indexed borrower,
        address indexed collateralToken,
        uint256 debtRepaid,
        uint256 collateralSeized
    );
    event BadDebtRecorded(address indexed borrower, uint256 amount, uint256 totalBadDebtAfter);
    event BadDebtSocialized(address indexed borrower, uint256 amount, uint256 totalBadDebtAfter);
    event CloseFactorUpdated(uint256 oldBps, uint256 newBps);
    event FullLiquidationThresholdUpdated(uint256 oldBps, uint256 newBps);

    error ZeroAddress();
    error InvalidParameter();
    error CannotSelfLiquidate();
    error InvalidAmount();
    error DustLiquidation();
    error PositionHealthy();
    error NothingToSeize();
    error NoBadDebt();

    constructor(
        address _vault,
        address _borrowModule,
        address _oracle,
        address _musd,
        uint256 _closeFactorBps,
        address _timelockController
    ) {
        if (_vault == address(0) || _borrowModule == address(0) || _oracle == address(0) || _musd == address(0)) {
            revert ZeroAddress();
        }
        if (_timelockController == address(0)) revert ZeroAddress();
        if (_closeFactorBps == 0 || _closeFactorBps > 10_000) revert InvalidParameter();
        vault = ICollateralVault(_vault);
        borrowModule = IDebtBook(_borrowModule);
        oracle = IPriceOracle(_oracle);
        musd = IMintable(_musd);
        closeFactorBps = _closeFactorBps;
        _setRoleAdmin(TIMELOCK_ROLE, TIMELOCK_ROLE);
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(ENGINE_ADMIN_ROLE, msg.sender);
        _grantRole(TIMELOCK_ROLE, _timelockController);
    }

    function liquidate(address borrower, address collateralToken, uint256 debtToRepay)
        external
        nonReentrant
        whenNotPaused
    {
        if (borrower == msg.sender) revert CannotSelfLiquidate();
        if (debtToRepay == 0) revert InvalidAmount();
        if (debtToRepay < MIN_LIQUIDATION_AMOUNT) revert DustLiquidation();
        borrowModule.accrueInterest(borrower);
        uint256 health = borrowModule.healthFactorUnsafe(borrower);
        if (health >= 10_000) revert PositionHealthy();

        uint256 debt = borrowModule.totalDebt(borrower);
        uint256 limit = health < fullLiquidationThreshold ? debt : (debt * closeFactorBps) / 10_000;
        uint256 repay = debtToRepay > limit ? limit : debtToRepay;
        uint256 seized = _seizable(collateralToken, repay);
        uint256 held = vault.getDeposit(borrower, collateralToken);
        if (held == 0) revert NothingToSeize();
        if (seized > held) {
            uint256 covered = (repay * held) / seized;
            _recordBadDebt(borrower, repay - covered);
            (repay, seized) = (covered, held);
        }

        musd.burn(msg.sender, repay);
        borrowModule.reduceDebt(borrower, repay);
        vault.seize(borrower, collateralToken, seized, msg.sender);
        emit Liquidation(msg.sender, borrower, collateralToken, repay, seized);
    }

    function isLiquidatable(address borrower) external view returns (bool) {
        return borrowModule.healthFactorUnsafe(borrower) < 10_000;
    }

    function estimateSeize(address borrower, address collateralToken, uint256 debtToRepay)
        external
        view
        returns (uint256)
    {
        uint256 seized = _seizable(collateralToken, debtToRepay);
        uint256 held = vault.getDeposit(borrower, collateralToken);
        return seized > held ? held : seized;
    }

    function socializeBadDebt(address borrower) external onlyRole(TIMELOCK_ROLE) {
        uint256 amount = borrowerBadDebt[borrower];
        if (amount == 0) revert NoBadDebt();
        borrowerBadDebt[borrower] = 0;
        totalBadDebt -= amount;
        borrowModule.reduceDebt(borrower, amount);
        borrowModule.absorbBadDebt(amount);
        emit BadDebtSocialized(borrower, amount, totalBadDebt);
    }

    function setCloseFactor(uint256 bps) external onlyRole(TIMELOCK_ROLE) {
        if (bps == 0 || bps > 10_000) revert InvalidParameter();
        emit CloseFactorUpdated(closeFactorBps, bps);
        closeFactorBps = bps;
    }

    function setFullLiquidationThreshold(uint256 bps) external onlyRole(TIMELOCK_ROLE) {
        if (bps == 0 || bps >= 10_000) revert InvalidParameter();
        emit FullLiquidationThresholdUpdated(fullLiquidationThreshold, bps);
        fullLiquidationThreshold = bps;
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(TIMELOCK_ROLE) {
        _unpause();
    }

    function _recordBadDebt(address borrower, uint256 amount) private {
        if (amount == 0) return;
        borrowerBadDebt[borrower] += amount;
        totalBadDebt += amount;
        emit BadDebtRecorded(borrower, amount, totalBadDebt);
    }

    function _seizable(address token, uint256 repay) private view returns (uint256) {
        (, , , uint256 penalty) = vault.getConfig(token);
        uint256 scale = 10 ** IERC20Metadata(token).decimals();
        return (repay * (10_000 + penalty) * scale) / (10_000 * oracle.getPriceUnsafe(token));
    }
}
