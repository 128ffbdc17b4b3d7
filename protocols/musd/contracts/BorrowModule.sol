// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {DebtBook} from "./DebtBook.sol";

/// Borrowing mUSD against collateral. Nobody holds PAUSER_ROLE or TIMELOCK_ROLE after construction: grant both before go-live.
contract BorrowModule is DebtBook {
    event Borrowed(address indexed user, uint256 amount, uint256 totalDebt);
    event Repaid(address indexed user, uint256 amount, uint256 remaining);
    event CollateralWithdrawn(address indexed user, address indexed token, uint256 amount);

    error BelowMinDebt();
    error ExceedsBorrowCapacity();
    error NoDebt();
    error InsufficientDeposit();
    error TokenNotSupported();
    error WithdrawalWouldLiquidate();

    constructor(address _vault, address _oracle, address _musd, uint256 _interestRateBps, uint256 _minDebt)
        DebtBook(_vault, _oracle, _musd, _interestRateBps, _minDebt)
    {}

    function borrow(uint256 amount) external nonReentrant whenNotPaused {
        _borrow(msg.sender, msg.sender, amount);
    }

    function borrowFor(address user, uint256 amount) external nonReentrant whenNotPaused onlyRole(LEVERAGE_VAULT_ROLE) {
        _borrow(user, msg.sender, amount);
    }

    function repay(uint256 amount) external nonReentrant whenNotPaused {
        _repay(msg.sender, amount);
    }

    function repayFor(address user, uint256 amount) external nonReentrant whenNotPaused onlyRole(LEVERAGE_VAULT_ROLE) {
        _repay(user, amount);
    }

    function withdrawCollateral(address token, uint256 amount) external nonReentrant whenNotPaused {
        _accrueGlobal();
        _accrueUser(msg.sender);
        (, , uint256 threshold,) = vault.getConfig(token);
        if (threshold == 0) revert TokenNotSupported();
        if (vault.getDeposit(msg.sender, token) < amount) revert InsufficientDeposit();
        vault.withdraw(token, amount, msg.sender);
        if (healthFactor(msg.sender) < 10_000) revert WithdrawalWouldLiquidate();
        emit CollateralWithdrawn(msg.sender, token, amount);
    }

    /// Value of enabled collateral by its collateral factor, less the debt; USD, 18 decimals.
    function borrowCapacity(address user) public view returns (uint256 capacity) {
        address[] memory tokens = vault.getSupportedTokens();
        for (uint256 i = 0; i < tokens.length; ++i) {
            (bool enabled, uint256 factor,,) = vault.getConfig(tokens[i]);
            uint256 amount = vault.getDeposit(user, tokens[i]);
            if (enabled && amount != 0) capacity += (oracle.getValueUsd(tokens[i], amount) * factor) / 10_000;
        }
    }

    function maxBorrow(address user) external view returns (uint256) {
        uint256 capacity = borrowCapacity(user);
        uint256 debt = totalDebt(user);
        return capacity > debt ? capacity - debt : 0;
    }

    function _borrow(address user, address recipient, uint256 amount) private {
        if (amount == 0) revert InvalidAmount();
        _accrueGlobal();
        _accrueUser(user);
        uint256 debt = totalDebt(user) + amount;
        if (debt < minDebt) revert BelowMinDebt();
        if (debt > borrowCapacity(user)) revert ExceedsBorrowCapacity();
        positions[user].principal += amount;
        totalBorrows += amount;
        musd.mint(recipient, amount);
        emit Borrowed(user, amount, debt);
    }

    function _repay(address user, uint256 amount) private {
        if (amount == 0) revert InvalidAmount();
        _accrueGlobal();
        _accrueUser(user);
        uint256 debt = totalDebt(user);
        if (debt == 0) revert NoDebt();
        uint256 paid = amount > debt ? debt : amount;
        // A remainder too small to be worth liquidating may not stay behind.
        if (debt - paid != 0 && debt - paid < minDebt) paid = debt;
        _lowerDebt(user, paid);
        musd.burn(msg.sender, paid);
        emit Repaid(user, paid, debt - paid);
    }
}
