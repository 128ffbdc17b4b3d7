// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICollateralVault, IDebtBook, IInterestReceiver, IMintable, IPriceOracle} from "./Interfaces.sol";

/// Who owes what: simple linear interest, its share for stakers, and the loss order of bad debt.
abstract contract DebtBook is IDebtBook, AccessControl, Pausable, ReentrancyGuard {
    struct Position {
        uint256 principal;
        uint256 accruedInterest;
        uint256 lastAccrualTime;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");
    bytes32 public constant BORROW_ADMIN_ROLE = keccak256("BORROW_ADMIN_ROLE");
    bytes32 public constant LIQUIDATION_ROLE = keccak256("LIQUIDATION_ROLE");
    bytes32 public constant LEVERAGE_VAULT_ROLE = keccak256("LEVERAGE_VAULT_ROLE");

    uint256 public constant MAX_INTEREST_BPS = 5000;
    uint256 public constant MAX_DRIFT_BPS = 500;
    uint256 public constant RESERVE_BPS = 1000;
    uint256 private constant YEAR_BPS = 365 days * 10_000;

    ICollateralVault public immutable vault;
    IPriceOracle public immutable oracle;
    IMintable public immutable musd;
    address public smusd;
    uint256 public interestRateBps;
    uint256 public minDebt;
    uint256 public totalBorrows;
    uint256 public protocolReserves;
    uint256 public pendingInterest;
    uint256 public badDebtQueuedForSuppliers;
    uint256 public lastGlobalAccrualTime;
    mapping(address user => Position) public positions;

    event InterestAccrued(address indexed user, uint256 interest, uint256 totalDebt);
    event InterestRateUpdated(uint256 oldRate, uint256 newRate);
    event DebtAdjusted(address indexed user, uint256 newDebt, string reason);
    event MinDebtUpdated(uint256 oldMinDebt, uint256 newMinDebt);
    event InterestRoutedToSuppliers(uint256 supplierAmount, uint256 reserveAmount);
    event SMUSDUpdated(address indexed oldSmusd, address indexed newSmusd);
    event GlobalInterestAccrued(uint256 interest, uint256 newTotalBorrows, uint256 utilizationBps);
    event ReservesWithdrawn(address indexed to, uint256 amount);
    event InterestRoutingFailed(uint256 supplierAmount, bytes reason);
    event BadDebtAbsorbed(
        uint256 amount, uint256 reserveAbsorbed, uint256 supplierQueued, uint256 remainingReserveBalance
    );
    event SupplierBadDebtRealized(uint256 amount, uint256 remainingQueued);
    event PendingInterestDrained(uint256 amount, uint256 remaining);
    event TotalBorrowsReconciled(uint256 oldTotalBorrows, uint256 newTotalBorrows, int256 drift);

    error InvalidAmount();
    error ZeroAddress();
    error RateTooHigh();
    error MinDebtZero();
    error MinDebtTooHigh();
    error ExceedsReserves();
    error NoPendingInterest();
    error DriftExceedsSafetyThreshold();
    error OnlySelf();

    constructor(address _vault, address _oracle, address _musd, uint256 _interestRateBps, uint256 _minDebt) {
        if (_vault == address(0) || _oracle == address(0) || _musd == address(0)) revert ZeroAddress();
        if (_interestRateBps > MAX_INTEREST_BPS) revert RateTooHigh();
        vault = ICollateralVault(_vault);
        oracle = IPriceOracle(_oracle);
        musd = IMintable(_musd);
        interestRateBps = _interestRateBps;
        minDebt = _minDebt;
        lastGlobalAccrualTime = block.timestamp;
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(BORROW_ADMIN_ROLE, msg.sender);
    }

    function totalDebt(address user) public view returns (uint256) {
        Position storage p = positions[user];
        return p.principal + p.accruedInterest + _interest(p.principal, p.lastAccrualTime);
    }

    /// Basis points: 10000 is 1.0; the highest number without debt. Reverts with the oracle's breaker.
    function healthFactor(address user) public view returns (uint256) {
        return _health(user, true);
    }

    function healthFactorUnsafe(address user) public view returns (uint256) {
        return _health(user, false);
    }

    function getUtilizationRate() public view returns (uint256) {
        uint256 supply = musd.totalSupply();
        return supply == 0 ? 0 : totalBorrows >= supply ? 10_000 : (totalBorrows * 10_000) / supply;
    }

    function getCurrentBorrowRate() external view returns (uint256) {
        return interestRateBps;
    }

    function getCurrentSupplyRate() external view returns (uint256) {
        return (interestRateBps * getUtilizationRate() * (10_000 - RESERVE_BPS)) / 1e8;
    }

    function accrueInterest(address user) external {
        _accrueGlobal();
        _accrueUser(user);
    }

    function accrueGlobalInterest() external {
        _accrueGlobal();
    }

    function reduceDebt(address user, uint256 amount) external onlyRole(LIQUIDATION_ROLE) {
        _accrueGlobal();
        _accrueUser(user);
        uint256 debt = totalDebt(user);
        _lowerDebt(user, amount > debt ? debt : amount);
        emit DebtAdjusted(user, totalDebt(user), "LIQUIDATION");
    }

    /// Losses fall on the reserves first, then on what stakers would have earned.
    function absorbBadDebt(uint256 amount) external onlyRole(LIQUIDATION_ROLE) {
        uint256 fromReserves = amount > protocolReserves ? protocolReserves : amount;
        protocolReserves -= fromReserves;
        badDebtQueuedForSuppliers += amount - fromReserves;
        emit BadDebtAbsorbed(amount, fromReserves, amount - fromReserves, protocolReserves);
    }

    function reconcileTotalBorrows(address[] calldata borrowers) external onlyRole(BORROW_ADMIN_ROLE) {
        uint256 sum;
        for (uint256 i = 0; i < borrowers.length; ++i) sum += totalDebt(borrowers[i]);
        uint256 old = totalBorrows;
        uint256 drift = sum > old ? sum - old : old - sum;
        if (old != 0 && drift * 10_000 > old * MAX_DRIFT_BPS) revert DriftExceedsSafetyThreshold();
        totalBorrows = sum;
        emit TotalBorrowsReconciled(old, sum, int256(sum) - int256(old));
    }

    function setSMUSD(address _smusd) external onlyRole(TIMELOCK_ROLE) {
        if (_smusd == address(0)) revert ZeroAddress();
        emit SMUSDUpdated(smusd, _smusd);
        smusd = _smusd;
    }

    function setInterestRate(uint256 bps) external onlyRole(TIMELOCK_ROLE) {
        if (bps > MAX_INTEREST_BPS) revert RateTooHigh();
        _accrueGlobal();
        emit InterestRateUpdated(interestRateBps, bps);
        interestRateBps = bps;
    }

    function setMinDebt(uint256 amount) external onlyRole(TIMELOCK_ROLE) {
        if (amount == 0) revert MinDebtZero();
        if (amount > 1e24) revert MinDebtTooHigh();
        emit MinDebtUpdated(minDebt, amount);
        minDebt = amount;
    }

    function withdrawReserves(address to, uint256 amount) external onlyRole(TIMELOCK_ROLE) {
        if (amount > protocolReserves) revert ExceedsReserves();
        protocolReserves -= amount;
        musd.mint(to, amount);
        emit ReservesWithdrawn(to, amount);
    }

    function drainPendingInterest() external onlyRole(TIMELOCK_ROLE) {
        uint256 amount = pendingInterest;
        if (amount == 0) revert NoPendingInterest();
        pendingInterest = 0;
        _route(amount, 0);
        emit PendingInterestDrained(amount, pendingInterest);
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(TIMELOCK_ROLE) {
        _unpause();
    }

    /// Mints the stakers' part and hands it over, or does neither; only for a call by this contract to itself.
    function routeInterest(uint256 amount) external {
        if (msg.sender != address(this)) revert OnlySelf();
        musd.mint(address(this), amount);
        IERC20(address(musd)).approve(smusd, amount);
        IInterestReceiver(smusd).receiveInterest(amount);
    }

    function _accrueGlobal() internal {
        uint256 interest = _interest(totalBorrows, lastGlobalAccrualTime);
        lastGlobalAccrualTime = block.timestamp;
        if (interest == 0) return;
        uint256 ceiling = totalBorrows / 10;
        if (interest > ceiling) interest = ceiling;
        totalBorrows += interest;
        uint256 reserve = (interest * RESERVE_BPS) / 10_000;
        protocolReserves += reserve;
        emit GlobalInterestAccrued(interest, totalBorrows, getUtilizationRate());
        uint256 supplier = interest - reserve;
        uint256 realised = badDebtQueuedForSuppliers > supplier ? supplier : badDebtQueuedForSuppliers;
        if (realised != 0) {
            badDebtQueuedForSuppliers -= realised;
            emit SupplierBadDebtRealized(realised, badDebtQueuedForSuppliers);
        }
        if (supplier != realised) _route(supplier - realised, reserve);
    }

    function _accrueUser(address user) internal {
        Position storage p = positions[user];
        uint256 interest = _interest(p.principal, p.lastAccrualTime);
        p.lastAccrualTime = block.timestamp;
        if (interest == 0) return;
        p.accruedInterest += interest;
        emit InterestAccrued(user, interest, p.principal + p.accruedInterest);
    }

    /// Interest is paid before principal.
    function _lowerDebt(address user, uint256 amount) internal {
        Position storage p = positions[user];
        uint256 interestPart = amount > p.accruedInterest ? p.accruedInterest : amount;
        p.accruedInterest -= interestPart;
        p.principal -= amount - interestPart;
        totalBorrows = amount > totalBorrows ? 0 : totalBorrows - amount;
    }

    function _route(uint256 supplier, uint256 reserve) private {
        if (smusd == address(0)) {
            pendingInterest += supplier;
            return;
        }
        try this.routeInterest(supplier) {
            emit InterestRoutedToSuppliers(supplier, reserve);
        } catch (bytes memory reason) {
            pendingInterest += supplier;
            emit InterestRoutingFailed(supplier, reason);
        }
    }

    function _interest(uint256 principal, uint256 since) private view returns (uint256) {
        return since == 0 ? 0 : (principal * interestRateBps * (block.timestamp - since)) / YEAR_BPS;
    }

    function _health(address user, bool guarded) private view returns (uint256) {
        uint256 debt = totalDebt(user);
        if (debt == 0) return type(uint256).max;
        uint256 weighted;
        address[] memory tokens = vault.getSupportedTokens();
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 amount = vault.getDeposit(user, tokens[i]);
            if (amount == 0) continue;
            (, , uint256 threshold,) = vault.getConfig(tokens[i]);
            uint256 value = guarded
                ? oracle.getValueUsd(tokens[i], amount)
                : oracle.getValueUsdUnsafe(tokens[i], amount);
            weighted += value * threshold;
        }
        return weighted / debt;
    }
}
