// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LiquidationEngine} from "../LiquidationEngine.sol";

/// Liquidates one position many times in one transaction, with the mUSD it holds. For the devnet only.
contract LiquidationBatch {
    LiquidationEngine public immutable engine;

    constructor(address engine_, address musd) {
        engine = LiquidationEngine(engine_);
        IERC20(musd).approve(engine_, type(uint256).max);
    }

    function liquidateMany(address borrower, address token, uint256 debtEach, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) engine.liquidate(borrower, token, debtEach);
    }
}
