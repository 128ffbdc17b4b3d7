// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {CapBook} from "./CapBook.sol";
import {IMintable} from "./Interfaces.sol";

/// Takes attestations of the assets on Canton, signed by validators, and sets mUSD's supply cap from them.
contract BLEBridgeV9 is CapBook, AccessControlUpgradeable, PausableUpgradeable, UUPSUpgradeable {
    struct Attestation {
        bytes32 id;
        uint256 cantonAssets;
        uint256 nonce;
        uint256 timestamp;
        bytes32 entropy;
        bytes32 cantonStateHash;
    }

    bytes32 public constant VALIDATOR_ROLE = keccak256("VALIDATOR_ROLE");
    bytes32 public constant RELAYER_ROLE = keccak256("RELAYER_ROLE");
    bytes32 public constant EMERGENCY_ROLE = keccak256("EMERGENCY_ROLE");
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");

    uint256 public constant MAX_ATTESTATION_AGE = 6 hours;
    uint256 public constant MIN_ATTESTATION_GAP = 60;
    uint256 public constant UNPAUSE_DELAY = 24 hours;
    uint256 public constant MAX_MIGRATION_BATCH = 200;

    uint256 public currentNonce;
    uint256 public minSignatures;
    uint256 public lastAttestationTime;
    uint256 public unpauseRequestTime;
    uint256 public bridgeOutNonce;
    uint256 public bridgeOutMinAmount;
    bytes32 public lastCantonStateHash;
    address public relayer;
    address[] private _validators;
    mapping(bytes32 id => bool) public usedAttestationIds;
    mapping(bytes32 stateHash => bool) public verifiedStateHashes;

    event AttestationReceived(
        bytes32 indexed id, uint256 cantonAssets, uint256 newSupplyCap, uint256 nonce, uint256 timestamp
    );
    event CantonStateHashVerified(bytes32 indexed stateHash, bytes32 indexed attestationId);
    event BridgeToCantonRequested(
        bytes32 indexed requestId,
        address indexed sender,
        uint256 amount,
        uint256 nonce,
        string cantonRecipient,
        uint256 timestamp
    );
    event NonceForceUpdated(uint256 oldNonce, uint256 newNonce, string reason);
    event AttestationInvalidated(bytes32 indexed attestationId, string reason);
    event MinSignaturesUpdated(uint256 oldMin, uint256 newMin);
    event BridgeOutMinAmountUpdated(uint256 oldMin, uint256 newMin);
    event AttestationsMigrated(uint256 count, address indexed fromBridge);
    event UnpauseRequested(uint256 requestTime, uint256 executeAfter);
    event UnpauseCancelled();
    event RelayerUpdated(address indexed oldRelayer, address indexed newRelayer);
    event ValidatorUpdated(uint256 indexed index, address indexed oldValidator, address indexed newValidator);

    error MinSigsTooLow();
    error MinSigsTooHigh();
    error InsufficientSignatures();
    error InvalidNonce();
    error AttestationReused();
    error ZeroAssets();
    error FutureTimestamp();
    error AttestationTooClose();
    error AttestationTooOld();
    error MissingEntropy();
    error MissingStateHash();
    error InvalidAttestationId();
    error InvalidValidator();
    error UnsortedSignatures();
    error ZeroAmount();
    error BelowMin();
    error InvalidRecipient();
    error NonceMustIncrease();
    error AlreadyUsed();
    error NotPaused();
    error NoUnpauseRequest();
    error TimelockNotElapsed();
    error UseRequestUnpauseAndExecuteUnpause();
    error InvalidPreviousBridge();
    error BatchTooLarge();
    error UnknownValidatorIndex();

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(
        uint256 _minSigs,
        address _musdToken,
        uint256 _collateralRatioBps,
        uint256 _dailyCapIncreaseLimit,
        address _timelockController
    ) external initializer {
        if (_minSigs < 2) revert MinSigsTooLow();
        if (_timelockController == address(0)) revert InvalidAddress();
        __AccessControl_init();
        __Pausable_init();
        __UUPSUpgradeable_init();
        _initializeCap(_musdToken, _collateralRatioBps, _dailyCapIncreaseLimit);
        minSignatures = _minSigs;
        bridgeOutMinAmount = 1e18;
        _setRoleAdmin(TIMELOCK_ROLE, TIMELOCK_ROLE);
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(EMERGENCY_ROLE, msg.sender);
        _grantRole(RELAYER_ROLE, msg.sender);
        _grantRole(TIMELOCK_ROLE, _timelockController);
    }

    /// All given signatures are checked, in strictly ascending order of their signers; a failure uses up nothing.
    function processAttestation(Attestation calldata att, bytes[] calldata signatures)
        external
        onlyRole(RELAYER_ROLE)
        whenNotPaused
    {
        if (signatures.length < minSignatures) revert InsufficientSignatures();
        if (att.nonce != currentNonce + 1) revert InvalidNonce();
        if (usedAttestationIds[att.id]) revert AttestationReused();
        if (att.cantonAssets == 0) revert ZeroAssets();
        if (att.timestamp > block.timestamp) revert FutureTimestamp();
        if (att.timestamp < lastAttestationTime + MIN_ATTESTATION_GAP) revert AttestationTooClose();
        if (block.timestamp - att.timestamp > MAX_ATTESTATION_AGE) revert AttestationTooOld();
        if (att.entropy == bytes32(0)) revert MissingEntropy();
        if (att.cantonStateHash == bytes32(0)) revert MissingStateHash();
        if (att.id != computeAttestationId(att.nonce, att.cantonAssets, att.timestamp, att.entropy, att.cantonStateHash))
        {
            revert InvalidAttestationId();
        }
        _checkSignatures(att, signatures);

        usedAttestationIds[att.id] = true;
        verifiedStateHashes[att.cantonStateHash] = true;
        lastCantonStateHash = att.cantonStateHash;
        currentNonce = att.nonce;
        lastAttestationTime = att.timestamp;
        uint256 cap = _applyAttestedAssets(att.cantonAssets);
        emit CantonStateHashVerified(att.cantonStateHash, att.id);
        emit AttestationReceived(att.id, att.cantonAssets, cap, att.nonce, att.timestamp);
    }

    function computeAttestationId(
        uint256 nonce,
        uint256 assets,
        uint256 timestamp,
        bytes32 entropy,
        bytes32 stateHash
    ) public view returns (bytes32) {
        return keccak256(
            abi.encodePacked(nonce, assets, timestamp, entropy, stateHash, block.chainid, address(this))
        );
    }

    /// Burns the caller's mUSD here for mUSD on Canton; the recipient is a Canton party, `name::fingerprint`.
    function bridgeToCanton(uint256 amount, string calldata cantonRecipient) external whenNotPaused {
        if (amount == 0) revert ZeroAmount();
        if (amount < bridgeOutMinAmount) revert BelowMin();
        _checkParty(bytes(cantonRecipient));
        uint256 nonce = ++bridgeOutNonce;
        bytes32 requestId = keccak256(abi.encodePacked(nonce, msg.sender, amount, block.chainid, address(this)));
        IMintable(musdToken).burn(msg.sender, amount);
        emit BridgeToCantonRequested(requestId, msg.sender, amount, nonce, cantonRecipient, block.timestamp);
    }

    function pause() external onlyRole(EMERGENCY_ROLE) {
        _pause();
        if (unpauseRequestTime != 0) {
            unpauseRequestTime = 0;
            emit UnpauseCancelled();
        }
    }

    function requestUnpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!paused()) revert NotPaused();
        unpauseRequestTime = block.timestamp;
        emit UnpauseRequested(block.timestamp, block.timestamp + UNPAUSE_DELAY);
    }

    function executeUnpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!paused()) revert NotPaused();
        if (unpauseRequestTime == 0) revert NoUnpauseRequest();
        if (block.timestamp < unpauseRequestTime + UNPAUSE_DELAY) revert TimelockNotElapsed();
        unpauseRequestTime = 0;
        _unpause();
    }

    /// Always refused, so that nobody mistakes it for the way back.
    function unpause() external pure {
        revert UseRequestUnpauseAndExecuteUnpause();
    }

    function emergencyReduceCap(uint256 _newCap, string calldata _reason) external onlyRole(EMERGENCY_ROLE) {
        _reduceCap(_newCap, _reason);
    }

    function forceUpdateNonce(uint256 _newNonce, string calldata _reason) external onlyRole(EMERGENCY_ROLE) {
        if (bytes(_reason).length == 0) revert ReasonRequired();
        if (_newNonce <= currentNonce) revert NonceMustIncrease();
        emit NonceForceUpdated(currentNonce, _newNonce, _reason);
        currentNonce = _newNonce;
    }

    function invalidateAttestationId(bytes32 id, string calldata _reason) external onlyRole(EMERGENCY_ROLE) {
        if (bytes(_reason).length == 0) revert ReasonRequired();
        if (usedAttestationIds[id]) revert AlreadyUsed();
        usedAttestationIds[id] = true;
        emit AttestationInvalidated(id, _reason);
    }

    function migrateUsedAttestations(bytes32[] calldata ids, address previousBridge)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        if (previousBridge == address(0) || previousBridge == address(this)) revert InvalidPreviousBridge();
        if (ids.length > MAX_MIGRATION_BATCH) revert BatchTooLarge();
        for (uint256 i = 0; i < ids.length; ++i) usedAttestationIds[ids[i]] = true;
        emit AttestationsMigrated(ids.length, previousBridge);
    }

    /// The names that runbooks print. The roles stay what decides: these two move them and keep an order of validators.
    function updateRelayer(address newRelayer) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (newRelayer == address(0)) revert InvalidAddress();
        address old = relayer;
        _revokeRole(RELAYER_ROLE, old);
        _grantRole(RELAYER_ROLE, newRelayer);
        relayer = newRelayer;
        emit RelayerUpdated(old, newRelayer);
    }

    function updateValidator(uint256 index, address newValidator) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (newValidator == address(0) || hasRole(VALIDATOR_ROLE, newValidator)) revert InvalidAddress();
        if (index >= _validators.length) revert UnknownValidatorIndex();
        address old = _validators[index];
        _validators[index] = newValidator;
        AccessControlUpgradeable._revokeRole(VALIDATOR_ROLE, old);
        AccessControlUpgradeable._grantRole(VALIDATOR_ROLE, newValidator);
        emit ValidatorUpdated(index, old, newValidator);
    }

    function validators() external view returns (address[] memory) {
        return _validators;
    }

    function setMinSignatures(uint256 _minSigs) external onlyRole(TIMELOCK_ROLE) {
        if (_minSigs < 2) revert MinSigsTooLow();
        if (_minSigs > 10) revert MinSigsTooHigh();
        emit MinSignaturesUpdated(minSignatures, _minSigs);
        minSignatures = _minSigs;
    }

    function setBridgeOutMinAmount(uint256 amount) external onlyRole(TIMELOCK_ROLE) {
        emit BridgeOutMinAmountUpdated(bridgeOutMinAmount, amount);
        bridgeOutMinAmount = amount;
    }

    function setMUSDToken(address token) external onlyRole(TIMELOCK_ROLE) {
        _setToken(token);
    }

    function setDailyCapIncreaseLimit(uint256 limit) external onlyRole(TIMELOCK_ROLE) {
        _setDailyLimit(limit);
    }

    function setCollateralRatio(uint256 bps) external onlyRole(TIMELOCK_ROLE) {
        _setRatio(bps);
    }

    function _authorizeUpgrade(address) internal override onlyRole(TIMELOCK_ROLE) {}

    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (granted && role == VALIDATOR_ROLE) _validators.push(account);
        if (granted && role == RELAYER_ROLE) relayer = account;
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (!revoked || role != VALIDATOR_ROLE) return revoked;
        for (uint256 i = 0; i < _validators.length; ++i) {
            if (_validators[i] != account) continue;
            _validators[i] = _validators[_validators.length - 1];
            _validators.pop();
            break;
        }
    }

    function _checkSignatures(Attestation calldata att, bytes[] calldata signatures) private view {
        bytes32 message = keccak256(
            abi.encodePacked(
                att.id,
                att.cantonAssets,
                att.nonce,
                att.timestamp,
                att.entropy,
                att.cantonStateHash,
                block.chainid,
                address(this)
            )
        );
        bytes32 digest = MessageHashUtils.toEthSignedMessageHash(message);
        address last;
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recover(digest, signatures[i]);
            if (!hasRole(VALIDATOR_ROLE, signer)) revert InvalidValidator();
            if (signer <= last) revert UnsortedSignatures();
            last = signer;
        }
    }

    function _checkParty(bytes memory party) private pure {
        if (party.length < 3) revert InvalidRecipient();
        for (uint256 i = 0; i + 1 < party.length; ++i) {
            if (party[i] == ":" && party[i + 1] == ":") return;
        }
        revert InvalidRecipient();
    }
}
