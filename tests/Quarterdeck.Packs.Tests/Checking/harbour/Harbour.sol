// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";

/// A dollar of six decimals; roles for each action.
contract HarbourDollar is ERC20, AccessControl, Pausable {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant UNPAUSER_ROLE = keccak256("UNPAUSER_ROLE");
    uint256 public cap;
    mapping(address => uint256) public limitOf;
    error LimitTooHigh(uint256 wanted, uint256 most);
    event CapChanged(uint256 from, uint256 to);

    constructor(address admin, address pauser) ERC20("Harbour Dollar", "HUSD") {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(MINTER_ROLE, admin);
        _grantRole(PAUSER_ROLE, pauser);
        cap = 5_000_000e6;
        _mint(admin, 1_000_000e6);
    }

    function decimals() public pure override returns (uint8) { return 6; }
    function pause() external onlyRole(PAUSER_ROLE) { _pause(); }
    function unpause() external onlyRole(UNPAUSER_ROLE) { _unpause(); }
    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) whenNotPaused { _mint(to, amount); }
    function setLimit(uint256 newCap) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (newCap > 10_000_000e6) revert LimitTooHigh(newCap, 10_000_000e6);
        emit CapChanged(cap, newCap);
        cap = newCap;
    }
    function setLimit(address who, uint256 amount) external onlyRole(DEFAULT_ADMIN_ROLE) { limitOf[who] = amount; }
}

/// An 18-decimals token anybody may read.
contract HarbourGem is ERC20, Ownable {
    constructor(address owner) ERC20("Harbour Gem", "GEM") Ownable(owner) { _mint(owner, 500_000e18); }
}

/// A vault whose shares have six decimals more than the asset.
contract HarbourVault is ERC4626, Ownable2Step, Pausable {
    constructor(IERC20 asset, address owner) ERC20("Harbour Share", "hvS") ERC4626(asset) Ownable(owner) {}
    function _decimalsOffset() internal pure override returns (uint8) { return 6; }
    function emergencyStop() external onlyOwner { _pause(); }
    function resume() external onlyOwner { _unpause(); }
    function setDepositFee(uint16 basisPoints) external onlyOwner { require(basisPoints <= 500, "Vault: fee too high"); }
}

/// Stops at once, restarts after an hour.
contract HarbourBridge is Ownable {
    bool public stopped;
    uint256 public restartableAt;
    address public relayer;
    error NotStopped();
    error AlreadyStopped();
    error CooldownActive(uint256 until);
    error OnlyRelayer(address caller);
    event Stopped(address by);
    event MessageSent(uint256 indexed id, address indexed to, uint256 amount);
    constructor(address owner, address relayer_) Ownable(owner) { relayer = relayer_; }
    function stop() external onlyOwner { if (stopped) revert AlreadyStopped(); stopped = true; restartableAt = type(uint256).max; emit Stopped(msg.sender); }
    function requestRestart() external onlyOwner { if (!stopped) revert NotStopped(); restartableAt = block.timestamp + 1 hours; }
    function restart() external onlyOwner {
        if (!stopped) revert NotStopped();
        if (block.timestamp < restartableAt) revert CooldownActive(restartableAt);
        stopped = false;
    }
    function relay(uint256 id, address to, uint256 amount) external { if (msg.sender != relayer) revert OnlyRelayer(msg.sender); emit MessageSent(id, to, amount); }
    function setRelayer(address next) external onlyOwner { relayer = next; }
}

/// Belongs to the timelock.
contract HarbourMarket is Ownable, Pausable {
    uint256 public fee;
    constructor(address owner) Ownable(owner) {}
    function setFee(uint256 next) external onlyOwner { fee = next; }
    function pause() external onlyOwner { _pause(); }
    function unpause() external onlyOwner { _unpause(); }
    function price(bytes32 market, uint8 kind) external view returns (uint256, uint64) { return (fee + uint256(market) + kind, uint64(block.timestamp)); }
}

/// Behind proxies.
contract HarbourRegistry {
    address public keeper;
    bool private done;
    bool public halted;
    function initialize(address keeper_) external { require(!done, "initialized"); done = true; keeper = keeper_; }
    function halt() external { require(msg.sender == keeper, "Registry: not keeper"); halted = true; }
    function unhalt() external { require(msg.sender == keeper, "Registry: not keeper"); halted = false; }
    function entries() external pure returns (uint256) { return 7; }
}

/// A diamond as small as it can be: selectors lead to facets.
contract HarbourDiamond {
    mapping(bytes4 => address) private facetOf;
    constructor(bytes4[] memory selectors, address facet) { for (uint256 i; i < selectors.length; i++) facetOf[selectors[i]] = facet; }
    function facetAddress(bytes4 selector) external view returns (address) { return facetOf[selector]; }
    fallback() external payable {
        address facet = facetOf[msg.sig];
        require(facet != address(0), "Diamond: no function");
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), facet, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch ok case 0 { revert(0, returndatasize()) } default { return(0, returndatasize()) }
        }
    }
}

contract HarbourPoolFacet {
    function poolFee() external pure returns (uint256) { return 30; }
    function setPoolFee(uint256) external {}
}
