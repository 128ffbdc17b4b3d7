// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAggregatorV3, IPriceOracle} from "./Interfaces.sol";

/// Chainlink feeds with staleness and a deviation breaker. Prices are USD per whole token, 18 decimals.
contract PriceOracle is IPriceOracle, AccessControl {
    struct Feed {
        address feed;
        uint256 stalePeriod;
        uint8 tokenDecimals;
        uint8 feedDecimals;
        bool enabled;
        uint256 maxDeviationBps;
    }

    bytes32 public constant ORACLE_ADMIN_ROLE = keccak256("ORACLE_ADMIN_ROLE");
    bytes32 public constant KEEPER_ROLE = keccak256("KEEPER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");

    mapping(address token => Feed) public feeds;
    mapping(address token => uint256) public lastKnownPrice;
    mapping(address token => uint256) public circuitBreakerTrippedAt;
    uint256 public maxDeviationBps = 2000;
    uint256 public circuitBreakerCooldown = 1 hours;
    bool public circuitBreakerEnabled = true;

    event FeedUpdated(address indexed token, address feed, uint256 stalePeriod, uint8 tokenDecimals);
    event FeedRemoved(address indexed token);
    event CircuitBreakerTriggered(address indexed token, uint256 oldPrice, uint256 newPrice, uint256 deviationBps);
    event MaxDeviationUpdated(uint256 oldBps, uint256 newBps);
    event CircuitBreakerToggled(bool enabled);
    event CircuitBreakerAutoRecovered(address indexed token, uint256 newPrice);
    event CircuitBreakerCooldownUpdated(uint256 oldCooldown, uint256 newCooldown);
    event KeeperRecovery(address indexed token, address indexed keeper, uint256 newPrice);

    error FeedNotEnabled();
    error InvalidPrice();
    error StalePrice();
    error StaleRound();
    error CircuitBreakerActive();
    error CbNotTripped();
    error CooldownNotElapsed();
    error InvalidFeed();
    error InvalidStalePeriod();
    error InvalidDecimals();
    error InvalidDeviation();
    error InvalidCooldown();

    constructor() {
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(ORACLE_ADMIN_ROLE, msg.sender);
        _grantRole(KEEPER_ROLE, msg.sender);
    }

    function getPrice(address token) public view returns (uint256 price) {
        price = getPriceUnsafe(token);
        if (_broken(token, price)) revert CircuitBreakerActive();
    }

    /// The name that runbooks print; the same as getPrice.
    function getLatestPrice(address token) external view returns (uint256) {
        return getPrice(token);
    }

    /// Skips the breaker only: a stale price still reverts, so liquidations stop with it.
    function getPriceUnsafe(address token) public view returns (uint256) {
        Feed storage f = feeds[token];
        if (!f.enabled) revert FeedNotEnabled();
        (uint80 roundId, int256 answer,, uint256 updatedAt, uint80 answeredInRound) =
            IAggregatorV3(f.feed).latestRoundData();
        if (answer <= 0) revert InvalidPrice();
        if (block.timestamp > updatedAt + f.stalePeriod) revert StalePrice();
        if (answeredInRound < roundId) revert StaleRound();
        return uint256(answer) * 10 ** (18 - f.feedDecimals);
    }

    function getValueUsd(address token, uint256 amount) external view returns (uint256) {
        return (getPrice(token) * amount) / 10 ** feeds[token].tokenDecimals;
    }

    function getValueUsdUnsafe(address token, uint256 amount) external view returns (uint256) {
        return (getPriceUnsafe(token) * amount) / 10 ** feeds[token].tokenDecimals;
    }

    function isFeedHealthy(address token) external view returns (bool) {
        try this.getPriceUnsafe(token) returns (uint256) {
            return true;
        } catch {
            return false;
        }
    }

    /// Takes over the feed's price, out of bounds too: the trip flag, not the event, says that it was.
    function updatePrice(address token) external onlyRole(ORACLE_ADMIN_ROLE) {
        uint256 price = getPriceUnsafe(token);
        uint256 old = lastKnownPrice[token];
        if (old != 0) {
            uint256 deviation = _deviationBps(old, price);
            circuitBreakerTrippedAt[token] = deviation > _limit(token) ? block.timestamp : 0;
            emit CircuitBreakerTriggered(token, old, price, deviation);
        }
        lastKnownPrice[token] = price;
    }

    function refreshPrice(address token) external {
        uint256 price = getPriceUnsafe(token);
        uint256 tripped = circuitBreakerTrippedAt[token];
        if (tripped == 0) {
            if (_broken(token, price)) revert CooldownNotElapsed();
        } else if (block.timestamp < tripped + circuitBreakerCooldown) {
            revert CooldownNotElapsed();
        }
        lastKnownPrice[token] = price;
        circuitBreakerTrippedAt[token] = 0;
        emit CircuitBreakerAutoRecovered(token, price);
    }

    function keeperResetPrice(address token) external onlyRole(KEEPER_ROLE) {
        uint256 tripped = circuitBreakerTrippedAt[token];
        if (tripped == 0) revert CbNotTripped();
        if (block.timestamp < tripped + circuitBreakerCooldown) revert CooldownNotElapsed();
        uint256 price = getPriceUnsafe(token);
        lastKnownPrice[token] = price;
        circuitBreakerTrippedAt[token] = 0;
        emit KeeperRecovery(token, msg.sender, price);
    }

    function resetLastKnownPrice(address token) external onlyRole(KEEPER_ROLE) {
        Feed storage f = feeds[token];
        if (!f.enabled) revert FeedNotEnabled();
        (, int256 answer,,,) = IAggregatorV3(f.feed).latestRoundData();
        if (answer <= 0) revert InvalidPrice();
        uint256 price = uint256(answer) * 10 ** (18 - f.feedDecimals);
        lastKnownPrice[token] = price;
        emit KeeperRecovery(token, msg.sender, price);
    }

    function setFeed(address token, address feed, uint256 stalePeriod, uint8 tokenDecimals, uint256 assetMaxDeviationBps)
        external
        onlyRole(TIMELOCK_ROLE)
    {
        if (token == address(0) || feed == address(0)) revert InvalidFeed();
        if (stalePeriod == 0 || stalePeriod > 48 hours) revert InvalidStalePeriod();
        if (assetMaxDeviationBps != 0 && (assetMaxDeviationBps < 100 || assetMaxDeviationBps > 5000)) {
            revert InvalidDeviation();
        }
        uint8 feedDecimals = IAggregatorV3(feed).decimals();
        if (tokenDecimals > 18 || feedDecimals > 18) revert InvalidDecimals();
        feeds[token] = Feed(feed, stalePeriod, tokenDecimals, feedDecimals, true, assetMaxDeviationBps);
        (, int256 answer,,,) = IAggregatorV3(feed).latestRoundData();
        if (answer > 0) lastKnownPrice[token] = uint256(answer) * 10 ** (18 - feedDecimals);
        circuitBreakerTrippedAt[token] = 0;
        emit FeedUpdated(token, feed, stalePeriod, tokenDecimals);
    }

    function removeFeed(address token) external onlyRole(TIMELOCK_ROLE) {
        delete feeds[token];
        delete lastKnownPrice[token];
        delete circuitBreakerTrippedAt[token];
        emit FeedRemoved(token);
    }

    function setMaxDeviation(uint256 bps) external onlyRole(TIMELOCK_ROLE) {
        if (bps < 100 || bps > 5000) revert InvalidDeviation();
        emit MaxDeviationUpdated(maxDeviationBps, bps);
        maxDeviationBps = bps;
    }

    function setCircuitBreakerEnabled(bool enabled) external onlyRole(TIMELOCK_ROLE) {
        circuitBreakerEnabled = enabled;
        emit CircuitBreakerToggled(enabled);
    }

    function setCircuitBreakerCooldown(uint256 cooldown) external onlyRole(TIMELOCK_ROLE) {
        if (cooldown < 15 minutes || cooldown > 24 hours) revert InvalidCooldown();
        emit CircuitBreakerCooldownUpdated(circuitBreakerCooldown, cooldown);
        circuitBreakerCooldown = cooldown;
    }

    function _broken(address token, uint256 price) private view returns (bool) {
        uint256 last = lastKnownPrice[token];
        if (!circuitBreakerEnabled || last == 0 || _deviationBps(last, price) <= _limit(token)) return false;
        uint256 since = circuitBreakerTrippedAt[token];
        if (since == 0) (,,, since,) = IAggregatorV3(feeds[token].feed).latestRoundData();
        return block.timestamp < since + circuitBreakerCooldown;
    }

    function _limit(address token) private view returns (uint256) {
        uint256 own = feeds[token].maxDeviationBps;
        return own == 0 ? maxDeviationBps : own;
    }

    function _deviationBps(uint256 old, uint256 price) private pure returns (uint256) {
        return ((price > old ? price - old : old - price) * 10_000) / old;
    }
}
