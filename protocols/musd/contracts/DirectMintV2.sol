// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICappedMintable, ITreasuryVault} from "./Interfaces.sol";

/// USDC (6 decimals) against mUSD (18 decimals), one to one less a fee.
contract DirectMintV2 is AccessControl, Pausable, ReentrancyGuard {
    using SafeERC20 for IERC20;

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");
    bytes32 public constant FEE_MANAGER_ROLE = keccak256("FEE_MANAGER_ROLE");
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    uint256 public constant MAX_FEE_BPS = 500;
    uint256 private constant SCALE = 1e12;

    IERC20 public immutable usdc;
    ICappedMintable public immutable musd;
    ITreasuryVault public immutable treasury;
    address public feeRecipient;

    uint256 public mintFeeBps = 100;
    uint256 public redeemFeeBps;
    uint256 public minMintAmount = 1e6;
    uint256 public maxMintAmount = 1_000_000e6;
    uint256 public minRedeemAmount = 1e6;
    uint256 public maxRedeemAmount = 1_000_000e6;
    uint256 public mintFees;
    uint256 public redeemFees;

    event Minted(address indexed user, uint256 usdcIn, uint256 musdOut, uint256 fee);
    event Redeemed(address indexed user, uint256 musdIn, uint256 usdcOut, uint256 fee);
    event FeesWithdrawn(address indexed to, uint256 amount);
    event FeeRecipientUpdated(address indexed oldRecipient, address indexed newRecipient);
    event FeesUpdated(uint256 mintFeeBps, uint256 redeemFeeBps);
    event LimitsUpdated(uint256 minMint, uint256 maxMint, uint256 minRedeem, uint256 maxRedeem);

    error InvalidUsdc();
    error InvalidMusd();
    error InvalidTreasury();
    error InvalidFeeRecipient();
    error InvalidRecipient();
    error InvalidAmount();
    error BelowMin();
    error AboveMax();
    error ZeroOutput();
    error ExceedsSupplyCap();
    error MintFeeTooHigh();
    error RedeemFeeTooHigh();
    error InvalidMintLimits();
    error InvalidRedeemLimits();
    error NoFees();
    error NoRedeemFees();
    error CannotRecoverUsdc();
    error CannotRecoverMusd();

    constructor(address _usdc, address _musd, address _treasury, address _feeRecipient) {
        if (_usdc == address(0)) revert InvalidUsdc();
        if (_musd == address(0)) revert InvalidMusd();
        if (_treasury == address(0)) revert InvalidTreasury();
        if (_feeRecipient == address(0)) revert InvalidFeeRecipient();
        usdc = IERC20(_usdc);
        musd = ICappedMintable(_musd);
        treasury = ITreasuryVault(_treasury);
        feeRecipient = _feeRecipient;
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(PAUSER_ROLE, msg.sender);
        _grantRole(FEE_MANAGER_ROLE, msg.sender);
    }

    function mint(uint256 usdcAmount) external nonReentrant whenNotPaused returns (uint256) {
        return _mintTo(msg.sender, usdcAmount);
    }

    function mintFor(address recipient, uint256 usdcAmount)
        external
        nonReentrant
        whenNotPaused
        onlyRole(MINTER_ROLE)
        returns (uint256)
    {
        if (recipient == address(0)) revert InvalidRecipient();
        return _mintTo(recipient, usdcAmount);
    }

    function redeem(uint256 musdAmount) external nonReentrant whenNotPaused returns (uint256 usdcOut) {
        if (musdAmount == 0) revert InvalidAmount();
        uint256 gross = musdAmount / SCALE;
        if (gross < minRedeemAmount) revert BelowMin();
        if (gross > maxRedeemAmount) revert AboveMax();
        uint256 fee;
        (usdcOut, fee) = previewRedeem(musdAmount);
        if (usdcOut == 0) revert ZeroOutput();
        redeemFees += fee;
        musd.burn(msg.sender, musdAmount);
        treasury.withdraw(msg.sender, usdcOut);
        emit Redeemed(msg.sender, musdAmount, usdcOut, fee);
    }

    function previewMint(uint256 usdcAmount) public view returns (uint256 musdOut, uint256 feeUsdc) {
        feeUsdc = (usdcAmount * mintFeeBps) / 10_000;
        musdOut = (usdcAmount - feeUsdc) * SCALE;
    }

    function previewRedeem(uint256 musdAmount) public view returns (uint256 usdcOut, uint256 feeUsdc) {
        uint256 gross = musdAmount / SCALE;
        feeUsdc = (musdAmount * redeemFeeBps) / (SCALE * 10_000);
        if (redeemFeeBps != 0 && feeUsdc == 0) feeUsdc = 1;
        usdcOut = gross > feeUsdc ? gross - feeUsdc : 0;
    }

    /// The cap of the token. The published interface lacks this view, although runbooks print it.
    function supplyCap() external view returns (uint256) {
        return musd.supplyCap();
    }

    /// Against the supply cap; the token's local cap can be tighter.
    function remainingMintable() external view returns (uint256) {
        uint256 cap = musd.supplyCap();
        uint256 supply = musd.totalSupply();
        return cap > supply ? cap - supply : 0;
    }

    function totalTreasuryValue() external view returns (uint256) {
        return treasury.totalValue();
    }

    function availableForRedemption() external view returns (uint256) {
        return treasury.availableReserves();
    }

    function totalAccumulatedFees() external view returns (uint256) {
        return mintFees + redeemFees;
    }

    function setFees(uint256 _mintFeeBps, uint256 _redeemFeeBps) external onlyRole(TIMELOCK_ROLE) {
        if (_mintFeeBps > MAX_FEE_BPS) revert MintFeeTooHigh();
        if (_redeemFeeBps > MAX_FEE_BPS) revert RedeemFeeTooHigh();
        mintFeeBps = _mintFeeBps;
        redeemFeeBps = _redeemFeeBps;
        emit FeesUpdated(_mintFeeBps, _redeemFeeBps);
    }

    function setLimits(uint256 _minMint, uint256 _maxMint, uint256 _minRedeem, uint256 _maxRedeem)
        external
        onlyRole(TIMELOCK_ROLE)
    {
        if (_minMint == 0 || _minMint > _maxMint) revert InvalidMintLimits();
        if (_minRedeem == 0 || _minRedeem > _maxRedeem) revert InvalidRedeemLimits();
        (minMintAmount, maxMintAmount, minRedeemAmount, maxRedeemAmount) = (_minMint, _maxMint, _minRedeem, _maxRedeem);
        emit LimitsUpdated(_minMint, _maxMint, _minRedeem, _maxRedeem);
    }

    function setFeeRecipient(address _feeRecipient) external onlyRole(TIMELOCK_ROLE) {
        if (_feeRecipient == address(0)) revert InvalidFeeRecipient();
        emit FeeRecipientUpdated(feeRecipient, _feeRecipient);
        feeRecipient = _feeRecipient;
    }

    function withdrawFees() external onlyRole(FEE_MANAGER_ROLE) {
        uint256 amount = mintFees;
        if (amount == 0) revert NoFees();
        mintFees = 0;
        usdc.safeTransfer(feeRecipient, amount);
        emit FeesWithdrawn(feeRecipient, amount);
    }

    function withdrawRedeemFees() external onlyRole(FEE_MANAGER_ROLE) {
        uint256 amount = redeemFees;
        if (amount == 0) revert NoRedeemFees();
        redeemFees = 0;
        treasury.withdraw(feeRecipient, amount);
        emit FeesWithdrawn(feeRecipient, amount);
    }

    function recoverToken(address token, uint256 amount) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (token == address(usdc)) revert CannotRecoverUsdc();
        if (token == address(musd)) revert CannotRecoverMusd();
        IERC20(token).safeTransfer(msg.sender, amount);
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(TIMELOCK_ROLE) {
        _unpause();
    }

    function _mintTo(address recipient, uint256 usdcAmount) private returns (uint256 musdOut) {
        if (usdcAmount < minMintAmount) revert BelowMin();
        if (usdcAmount > maxMintAmount) revert AboveMax();
        uint256 fee;
        (musdOut, fee) = previewMint(usdcAmount);
        if (musdOut == 0) revert ZeroOutput();
        if (musd.totalSupply() + musdOut > musd.supplyCap()) revert ExceedsSupplyCap();
        mintFees += fee;
        usdc.safeTransferFrom(msg.sender, address(this), usdcAmount);
        usdc.forceApprove(address(treasury), usdcAmount - fee);
        treasury.deposit(address(this), usdcAmount - fee);
        musd.mint(recipient, musdOut);
        emit Minted(recipient, usdcAmount, musdOut, fee);
    }
}
