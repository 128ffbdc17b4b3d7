// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";

contract LagoonUSD is ERC20 {
    constructor(address to) ERC20("Lagoon USD", "lUSD") { _mint(to, 5_000_000e6); }
    function decimals() public pure override returns (uint8) { return 6; }
}

/// Roles whose identifiers are no upper-case names, and a cap in units of the asset.
contract LagoonVault is ERC4626, AccessControl, Pausable {
    bytes32 public constant SENTINEL = keccak256("lagoon.sentinel");
    bytes32 public constant CURATOR = keccak256("lagoon.curator");
    uint256 public depositCap = 2_000_000e6;
    error CapBelowAssets(uint256 cap, uint256 assets);
    constructor(IERC20 asset_, address admin, address sentinel) ERC20("Lagoon Share", "lgn") ERC4626(asset_) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(SENTINEL, sentinel);
    }
    function _decimalsOffset() internal pure override returns (uint8) { return 12; }
    function freeze() external onlyRole(SENTINEL) { _pause(); }
    function thaw() external onlyRole(CURATOR) { _unpause(); }
    function setDepositCap(uint256 cap) external onlyRole(CURATOR) {
        if (cap < totalAssets()) revert CapBelowAssets(cap, totalAssets());
        depositCap = cap;
    }
}

/// Keepers by a mapping and a string, a heartbeat, and a cooldown between updates.
contract LagoonOracle {
    address public governor;
    mapping(address => bool) public isKeeper;
    uint256 public price = 1e8;
    uint256 public nextUpdate;
    error TooSoon(uint256 next);
    error PriceJump(uint256 from, uint256 to);
    event PriceUpdated(uint256 price, address indexed keeper);
    modifier onlyKeeper() { require(isKeeper[msg.sender], "LagoonOracle: caller is not a keeper"); _; }
    modifier onlyGovernor() { require(msg.sender == governor, "LagoonOracle: governor only"); _; }
    constructor(address governor_, address keeper) { governor = governor_; isKeeper[keeper] = true; }
    function decimals() external pure returns (uint8) { return 8; }
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) { return (1, int256(price), block.timestamp, block.timestamp, 1); }
    function update(uint256 next) external onlyKeeper {
        if (block.timestamp < nextUpdate) revert TooSoon(nextUpdate);
        if (next > price * 12 / 10 || next < price * 8 / 10) revert PriceJump(price, next);
        price = next;
        nextUpdate = block.timestamp + 15 minutes;
        emit PriceUpdated(next, msg.sender);
    }
    function setKeeper(address keeper, bool on) external onlyGovernor { isKeeper[keeper] = on; }
}

/// Governed by a timelock; holders can burn.
contract LagoonToken is ERC20, Ownable2Step, Pausable {
    constructor(address owner_, address to) ERC20("Lagoon", "LAG") Ownable(owner_) { _mint(to, 1_000e18); }
    function pause() external onlyOwner { _pause(); }
    function unpause() external onlyOwner { _unpause(); }
    function mint(address to, uint256 amount) external onlyOwner { _mint(to, amount); }
    function burn(uint256 amount) external { _burn(msg.sender, amount); }
}

/// Wards, as in the style of dss.
contract LagoonEngine {
    mapping(address => uint256) public wards;
    uint256 public live = 1;
    uint256 public debtCeiling = 1_000_000e18;
    event File(bytes32 indexed what, uint256 data);
    modifier auth() { require(wards[msg.sender] == 1, "LagoonEngine/not-authorized"); _; }
    constructor(address ward) { wards[ward] = 1; }
    function rely(address who) external auth { wards[who] = 1; }
    function deny(address who) external auth { wards[who] = 0; }
    function cage() external auth { require(live == 1, "LagoonEngine/not-live"); live = 0; }
    function uncage() external auth { require(live == 0, "LagoonEngine/still-live"); live = 1; }
    function file(bytes32 what, uint256 data) external auth { require(what == "ceiling", "LagoonEngine/file-unrecognized-param"); debtCeiling = data; emit File(what, data); }
}

/// Owned by a Safe; a fee has to be paid with each message; each route has its own switch.
contract LagoonRouter is Ownable {
    mapping(uint32 => bool) public routePaused;
    mapping(uint32 => uint256) public routeLimit;
    error FeeTooLow(uint256 paid, uint256 needed);
    error RoutePaused(uint32 route);
    constructor(address owner_) Ownable(owner_) {}
    function quote(uint32 route) public pure returns (uint256) { return 0.001 ether * (route + 1); }
    function sendMessage(uint32 route, address to) external payable returns (bytes32) {
        if (routePaused[route]) revert RoutePaused(route);
        if (msg.value < quote(route)) revert FeeTooLow(msg.value, quote(route));
        return keccak256(abi.encode(route, to));
    }
    function setRoutePaused(uint32 route, bool on) external onlyOwner { routePaused[route] = on; }
    function setRouteLimit(uint32 route, uint256 most) external onlyOwner { routeLimit[route] = most; }
}

/// Behind a UUPS proxy, with a guardian of its own.
contract LagoonLending is UUPSUpgradeable {
    address public admin;
    address public guardian;
    bool public borrowPaused;
    uint256 public liquidationThresholdBps;
    error Unauthorised(address caller, bytes4 selector);
    error BpsOutOfRange(uint256 bps);
    event BorrowPaused(bool on);
    function initialize(address admin_, address guardian_) external { require(admin == address(0), "initialised"); admin = admin_; guardian = guardian_; liquidationThresholdBps = 8_000; }
    function setBorrowPaused(bool on) external {
        if (msg.sender != admin && !(on && msg.sender == guardian)) revert Unauthorised(msg.sender, msg.sig);
        borrowPaused = on;
        emit BorrowPaused(on);
    }
    function setLiquidationThreshold(uint256 bps) external {
        if (msg.sender != admin) revert Unauthorised(msg.sender, msg.sig);
        if (bps > 9_500) revert BpsOutOfRange(bps);
        liquidationThresholdBps = bps;
    }
    function _authorizeUpgrade(address) internal view override { if (msg.sender != admin) revert Unauthorised(msg.sender, msg.sig); }
}

contract LagoonFees is AccessManaged {
    uint256 public feeBps = 10;
    constructor(address manager) AccessManaged(manager) {}
    function setFee(uint256 bps) external restricted { require(bps <= 100, "LagoonFees: above 1%"); feeBps = bps; }
}

/// What a checker sees of a Safe.
contract LagoonSafe {
    address[] private owners;
    uint256 public nonce;
    string public constant VERSION = "1.4.1";
    constructor(address[] memory owners_) { owners = owners_; }
    function getOwners() external view returns (address[] memory) { return owners; }
    function getThreshold() external view returns (uint256) { return owners.length - 1; }
    function execTransaction(address to, uint256 value, bytes calldata data, uint8, uint256, uint256, uint256, address, address payable, bytes calldata signatures) external payable returns (bool done) {
        require(signatures.length >= 65 * (owners.length - 1), "GS020");
        (done,) = to.call{value: value}(data);
        nonce++;
    }
}
