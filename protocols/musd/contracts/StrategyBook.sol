// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IStrategy, ITreasuryVault} from "./Interfaces.sol";

/// The treasury's strategies: which there are, what each is worth, money out to them and back.
abstract contract StrategyBook is ITreasuryVault {
    using SafeERC20 for IERC20;

    struct StrategyConfig {
        address strategy;
        uint256 targetBps;
        uint256 minBps;
        uint256 maxBps;
        bool active;
        bool autoAllocate;
    }

    uint256 public constant MAX_STRATEGIES = 10;

    address public asset;
    uint256 public reserveBps;
    StrategyConfig[] public strategies;
    mapping(address strategy => bool) public isStrategy;
    mapping(address strategy => uint256) public strategyIndex;
    mapping(address strategy => uint256) public strategyPrincipal;

    event StrategyAdded(address indexed strategy, uint256 targetBps);
    event StrategyRemoved(address indexed strategy);
    event StrategyUpdated(address indexed strategy, uint256 targetBps);
    event StrategyWithdrawn(address indexed strategy, uint256 amount);
    event StrategyForceDeactivated(address indexed strategy, uint256 strandedValue, bytes reason);
    event StrategyManualDeposit(address indexed strategy, uint256 amount, uint256 deposited);
    event StrategyManualWithdraw(address indexed strategy, uint256 amount, uint256 received);
    event Rebalanced(uint256 totalValue);
    event RebalanceWithdrawFailed(address indexed strategy, uint256 amount);
    event RebalanceDepositFailed(address indexed strategy, uint256 amount);

    error StrategyExists();
    error UnknownStrategy();
    error MaxStrategiesReached();
    error AllocationExceedsLimit();
    error TotalAllocationInvalid();
    error InsufficientReserve();
    error AssetMismatch();

    /// A strategy whose value cannot be read counts as zero.
    function totalValue() public view returns (uint256 value) {
        value = reserveBalance();
        for (uint256 i = 0; i < strategies.length; ++i) {
            if (strategies[i].active) value += _valueOf(strategies[i].strategy);
        }
    }

    function reserveBalance() public view returns (uint256) {
        return IERC20(asset).balanceOf(address(this));
    }

    function strategyCount() external view returns (uint256) {
        return strategies.length;
    }

    function getAllStrategies() external view returns (StrategyConfig[] memory) {
        return strategies;
    }

    function getCurrentAllocations()
        external
        view
        returns (address[] memory addresses, uint256[] memory currentBps, uint256[] memory targetBps)
    {
        uint256 total = totalValue();
        uint256 n = strategies.length;
        (addresses, currentBps, targetBps) = (new address[](n), new uint256[](n), new uint256[](n));
        for (uint256 i = 0; i < n; ++i) {
            addresses[i] = strategies[i].strategy;
            currentBps[i] = total == 0 ? 0 : (_valueOf(addresses[i]) * 10_000) / total;
            targetBps[i] = strategies[i].targetBps;
        }
    }

    /// The name that runbooks print. USDC, 6 decimals; a negative gain is a loss. Reverts for a strategy not held.
    function getStrategyReport(address strategy)
        external
        view
        returns (uint256 value, uint256 principal, int256 gain, uint256 currentBps, uint256 targetBps, bool active)
    {
        if (!isStrategy[strategy]) revert UnknownStrategy();
        StrategyConfig storage s = strategies[strategyIndex[strategy]];
        value = _valueOf(strategy);
        principal = strategyPrincipal[strategy];
        gain = int256(value) - int256(principal);
        uint256 total = totalValue();
        currentBps = total == 0 ? 0 : (value * 10_000) / total;
        (targetBps, active) = (s.targetBps, s.active);
    }

    function _addStrategy(address strategy, uint256 targetBps, uint256 minBps, uint256 maxBps, bool autoAllocate)
        internal
    {
        if (isStrategy[strategy]) revert StrategyExists();
        if (strategies.length >= MAX_STRATEGIES) revert MaxStrategiesReached();
        if (IStrategy(strategy).asset() != asset) revert AssetMismatch();
        _checkBounds(targetBps, minBps, maxBps);
        strategyIndex[strategy] = strategies.length;
        isStrategy[strategy] = true;
        strategies.push(StrategyConfig(strategy, targetBps, minBps, maxBps, true, autoAllocate));
        _checkTotal();
        emit StrategyAdded(strategy, targetBps);
    }

    function _updateStrategy(address strategy, uint256 targetBps, uint256 minBps, uint256 maxBps, bool autoAllocate)
        internal
    {
        StrategyConfig storage s = _held(strategy);
        _checkBounds(targetBps, minBps, maxBps);
        (s.targetBps, s.minBps, s.maxBps, s.autoAllocate) = (targetBps, minBps, maxBps, autoAllocate);
        _checkTotal();
        emit StrategyUpdated(strategy, targetBps);
    }

    /// Takes the money back; a strategy that refuses is deactivated all the same, with what is stranded in it on record.
    function _removeStrategy(address strategy) internal {
        StrategyConfig storage s = _held(strategy);
        uint256 value = _valueOf(strategy);
        (s.active, s.targetBps) = (false, 0);
        try IStrategy(strategy).withdrawAll() returns (uint256 received) {
            strategyPrincipal[strategy] = 0;
            emit StrategyWithdrawn(strategy, received);
        } catch (bytes memory reason) {
            emit StrategyForceDeactivated(strategy, value, reason);
        }
        emit StrategyRemoved(strategy);
    }

    function _deploy(address strategy, uint256 amount) internal {
        _held(strategy);
        if (reserveBalance() < amount) revert InsufficientReserve();
        IERC20(asset).forceApprove(strategy, amount);
        uint256 deposited = IStrategy(strategy).deposit(amount);
        strategyPrincipal[strategy] += deposited;
        emit StrategyManualDeposit(strategy, amount, deposited);
    }

    function _recall(address strategy, uint256 amount) internal {
        _held(strategy);
        uint256 received = IStrategy(strategy).withdraw(amount);
        _lowerPrincipal(strategy, received);
        emit StrategyManualWithdraw(strategy, amount, received);
    }

    function _recallAll() internal returns (uint256 total) {
        for (uint256 i = 0; i < strategies.length; ++i) {
            if (!strategies[i].active) continue;
            address strategy = strategies[i].strategy;
            try IStrategy(strategy).withdrawAll() returns (uint256 received) {
                total += received;
                strategyPrincipal[strategy] = 0;
                emit StrategyWithdrawn(strategy, received);
            } catch {
                emit RebalanceWithdrawFailed(strategy, _valueOf(strategy));
            }
        }
    }

    function _rebalance() internal {
        uint256 total = totalValue();
        for (uint256 i = 0; i < strategies.length; ++i) {
            StrategyConfig storage s = strategies[i];
            uint256 value = _valueOf(s.strategy);
            uint256 target = (total * s.targetBps) / 10_000;
            if (!s.active || value <= target) continue;
            try IStrategy(s.strategy).withdraw(value - target) returns (uint256 received) {
                _lowerPrincipal(s.strategy, received);
            } catch {
                emit RebalanceWithdrawFailed(s.strategy, value - target);
            }
        }
        for (uint256 i = 0; i < strategies.length; ++i) {
            StrategyConfig storage s = strategies[i];
            uint256 value = _valueOf(s.strategy);
            uint256 target = (total * s.targetBps) / 10_000;
            if (!s.active || value >= target || reserveBalance() < target - value) continue;
            IERC20(asset).forceApprove(s.strategy, target - value);
            try IStrategy(s.strategy).deposit(target - value) returns (uint256 deposited) {
                strategyPrincipal[s.strategy] += deposited;
            } catch {
                emit RebalanceDepositFailed(s.strategy, target - value);
            }
        }
        emit Rebalanced(total);
    }

    function _held(address strategy) private view returns (StrategyConfig storage) {
        if (!isStrategy[strategy]) revert UnknownStrategy();
        return strategies[strategyIndex[strategy]];
    }

    function _lowerPrincipal(address strategy, uint256 amount) private {
        uint256 principal = strategyPrincipal[strategy];
        strategyPrincipal[strategy] = principal > amount ? principal - amount : 0;
    }

    function _valueOf(address strategy) private view returns (uint256) {
        try IStrategy(strategy).totalValue() returns (uint256 value) {
            return value;
        } catch {
            return 0;
        }
    }

    function _checkBounds(uint256 targetBps, uint256 minBps, uint256 maxBps) private pure {
        if (minBps > targetBps || targetBps > maxBps || maxBps > 10_000) revert AllocationExceedsLimit();
    }

    function _checkTotal() private view {
        uint256 sum = reserveBps;
        for (uint256 i = 0; i < strategies.length; ++i) {
            if (strategies[i].active) sum += strategies[i].targetBps;
        }
        if (sum > 10_000) revert TotalAllocationInvalid();
    }
}
