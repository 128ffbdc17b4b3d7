// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

// What the tests of Quarterdeck.Chains call. Compiled with solc 0.8.28, optimizer 200, EVM cancun.
contract Probe {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    event Moved(address indexed from, string indexed note, uint256[] amounts, string text);

    error Refused(address who, uint256 code);

    uint256 public count;

    function bump() external returns (uint256) {
        count += 1;
        uint256[] memory amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (count, type(uint256).max);
        emit Moved(msg.sender, "note", amounts, "text");
        return count;
    }

    function refuse(uint256 code) external view {
        revert Refused(msg.sender, code);
    }

    function say(string calldata why) external pure {
        revert(why);
    }

    function overflow(uint256 x) external pure returns (uint256) {
        return x + 1;
    }

    function block_() external view returns (uint256 number, uint256 time) {
        return (block.number, block.timestamp);
    }

    // The interface of Multicall3.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (results[i].success, results[i].returnData) = calls[i].target.call(calls[i].callData);
            require(results[i].success || calls[i].allowFailure, "Multicall3: call failed");
        }
    }
}
