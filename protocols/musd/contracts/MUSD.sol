// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// Minted USD. Holds the supply cap of the whole protocol; the bridge moves the cap with the attested assets.
contract MUSD is ERC20, AccessControl, Pausable {
    bytes32 public constant BRIDGE_ROLE = keccak256("BRIDGE_ROLE");
    bytes32 public constant LIQUIDATOR_ROLE = keccak256("LIQUIDATOR_ROLE");
    bytes32 public constant CAP_MANAGER_ROLE = keccak256("CAP_MANAGER_ROLE");
    bytes32 public constant COMPLIANCE_ROLE = keccak256("COMPLIANCE_ROLE");
    bytes32 public constant EMERGENCY_ROLE = keccak256("EMERGENCY_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");

    uint256 public constant MIN_CAP_INCREASE_INTERVAL = 24 hours;
    uint256 public constant MIN_LOCAL_CAP_BPS = 1000;
    uint256 public constant MAX_LOCAL_CAP_BPS = 10_000;

    uint256 public supplyCap;
    uint256 public localCapBps = 6000;
    uint256 public lastCapIncreaseTime;
    address public immutable globalPauseRegistry;
    mapping(address account => bool) public isBlacklisted;

    event SupplyCapUpdated(uint256 oldCap, uint256 newCap);
    event LocalCapBpsUpdated(uint256 oldBps, uint256 newBps);
    event BlacklistUpdated(address indexed account, bool status);
    event Mint(address indexed to, uint256 amount);
    event Burn(address indexed from, uint256 amount);
    event SupplyCapBelowSupply(uint256 newCap, uint256 currentSupply);

    error InvalidSupplyCap();
    error Unauthorized();
    error CapIncreaseCooldown();
    error LocalCapOutOfRange();
    error InvalidAddress();
    error ComplianceReject();
    error MintToZero();
    error ExceedsLocalCap();
    error UnauthorizedBurn();

    constructor(uint256 _initialSupplyCap, address _globalPauseRegistry) ERC20("Minted USD", "mUSD") {
        if (_initialSupplyCap == 0) revert InvalidSupplyCap();
        supplyCap = _initialSupplyCap;
        globalPauseRegistry = _globalPauseRegistry;
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(TIMELOCK_ROLE, msg.sender);
    }

    /// Lowering is always allowed, below the supply too; a raise needs 24 h since the raise before it.
    function setSupplyCap(uint256 _cap) external {
        if (!hasRole(DEFAULT_ADMIN_ROLE, msg.sender) && !hasRole(CAP_MANAGER_ROLE, msg.sender)) revert Unauthorized();
        if (_cap == 0) revert InvalidSupplyCap();
        uint256 old = supplyCap;
        if (_cap > old) {
            if (lastCapIncreaseTime != 0 && block.timestamp < lastCapIncreaseTime + MIN_CAP_INCREASE_INTERVAL) {
                revert CapIncreaseCooldown();
            }
            lastCapIncreaseTime = block.timestamp;
        }
        supplyCap = _cap;
        emit SupplyCapUpdated(old, _cap);
        if (_cap < totalSupply()) emit SupplyCapBelowSupply(_cap, totalSupply());
    }

    function setLocalCapBps(uint256 _bps) external onlyRole(TIMELOCK_ROLE) {
        if (_bps < MIN_LOCAL_CAP_BPS || _bps > MAX_LOCAL_CAP_BPS) revert LocalCapOutOfRange();
        emit LocalCapBpsUpdated(localCapBps, _bps);
        localCapBps = _bps;
    }

    function setBlacklist(address account, bool status) external onlyRole(COMPLIANCE_ROLE) {
        if (account == address(0)) revert InvalidAddress();
        isBlacklisted[account] = status;
        emit BlacklistUpdated(account, status);
    }

    function mint(address to, uint256 amount) external onlyRole(BRIDGE_ROLE) {
        if (to == address(0)) revert MintToZero();
        if (totalSupply() + amount > (supplyCap * localCapBps) / 10_000) revert ExceedsLocalCap();
        _mint(to, amount);
        emit Mint(to, amount);
    }

    /// Burning from somebody else spends that account's allowance.
    function burn(address from, uint256 amount) external {
        if (!hasRole(BRIDGE_ROLE, msg.sender) && !hasRole(LIQUIDATOR_ROLE, msg.sender)) revert UnauthorizedBurn();
        if (from != msg.sender) _spendAllowance(from, msg.sender, amount);
        _burn(from, amount);
        emit Burn(from, amount);
    }

    function pause() external onlyRole(EMERGENCY_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    function _update(address from, address to, uint256 value) internal override whenNotPaused {
        if (isBlacklisted[from] || isBlacklisted[to]) revert ComplianceReject();
        super._update(from, to, value);
    }
}
