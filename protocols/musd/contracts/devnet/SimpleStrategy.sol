// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IStrategy} from "../Interfaces.sol";

/// Holds the treasury's USDC and reports what its keeper says was lost. For the devnet only.
contract SimpleStrategy is IStrategy {
    using SafeERC20 for IERC20;

    address public immutable asset;
    address public immutable treasury;
    address public immutable keeper;
    bool public isActive = true;

    event LossReported(uint256 amount);

    error NotTreasury();
    error NotKeeper();

    constructor(address asset_, address treasury_, address keeper_) {
        (asset, treasury, keeper) = (asset_, treasury_, keeper_);
    }

    modifier onlyTreasury() {
        if (msg.sender != treasury) revert NotTreasury();
        _;
    }

    function deposit(uint256 amount) external onlyTreasury returns (uint256) {
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        return amount;
    }

    function withdraw(uint256 amount) external onlyTreasury returns (uint256) {
        IERC20(asset).safeTransfer(treasury, amount);
        return amount;
    }

    function withdrawAll() external onlyTreasury returns (uint256 amount) {
        amount = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransfer(treasury, amount);
    }

    function totalValue() external view returns (uint256) {
        return IERC20(asset).balanceOf(address(this));
    }

    /// The money is gone: it leaves for the keeper.
    function loseFunds(uint256 amount) external {
        if (msg.sender != keeper) revert NotKeeper();
        IERC20(asset).safeTransfer(keeper, amount);
        emit LossReported(amount);
    }
}
