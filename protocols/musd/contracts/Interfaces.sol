// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// What the contracts of the protocol ask of one another.

interface IMintable {
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
    function totalSupply() external view returns (uint256);
}

interface ICappedMintable is IMintable {
    function supplyCap() external view returns (uint256);
    function setSupplyCap(uint256 cap) external;
}

interface IGlobalPause {
    function isGloballyPaused() external view returns (bool);
}

interface ITreasuryValue {
    function totalValue() external view returns (uint256);
}

interface ITreasuryVault is ITreasuryValue {
    function deposit(address from, uint256 amount) external;
    function withdraw(address to, uint256 amount) external;
    function availableReserves() external view returns (uint256);
}

interface IStrategy {
    function deposit(uint256 amount) external returns (uint256);
    function withdraw(uint256 amount) external returns (uint256);
    function withdrawAll() external returns (uint256);
    function totalValue() external view returns (uint256);
    function asset() external view returns (address);
    function isActive() external view returns (bool);
}

interface IPriceOracle {
    function getPriceUnsafe(address token) external view returns (uint256);
    function getValueUsd(address token, uint256 amount) external view returns (uint256);
    function getValueUsdUnsafe(address token, uint256 amount) external view returns (uint256);
}

interface IInterestReceiver {
    function receiveInterest(uint256 amount) external;
}

interface ICollateralVault {
    function getDeposit(address user, address token) external view returns (uint256);
    function getSupportedTokens() external view returns (address[] memory);
    function getConfig(address token)
        external
        view
        returns (bool enabled, uint256 factorBps, uint256 thresholdBps, uint256 penaltyBps);
    function withdraw(address token, uint256 amount, address user) external;
    function seize(address user, address token, uint256 amount, address liquidator) external;
}

interface IDebtBook {
    function totalDebt(address user) external view returns (uint256);
    function healthFactorUnsafe(address user) external view returns (uint256);
    function accrueInterest(address user) external;
    function reduceDebt(address user, uint256 amount) external;
    function absorbBadDebt(uint256 amount) external;
}

interface IAggregatorV3 {
    function decimals() external view returns (uint8);
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
