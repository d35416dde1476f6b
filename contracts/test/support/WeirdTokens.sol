// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IZklink} from "../../src/interfaces/IZklink.sol";

// One misbehaviour each; all mint their supply to the deployer.

/// @notice Takes a hundredth of every transfer, once told to.
contract FeeToken is ERC20 {
    bool public charging;

    constructor() ERC20("Fee", "FEE") {
        _mint(msg.sender, 1e30);
    }

    function charge(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (charging && from != address(0) && to != address(0)) {
            super._update(from, address(0xfee), amount / 100);
            amount -= amount / 100;
        }
        super._update(from, to, amount);
    }
}

/// @notice Pays a bonus on every transfer: more arrives than was sent.
contract BonusToken is ERC20 {
    constructor() ERC20("Bonus", "BON") {
        _mint(msg.sender, 1e30);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0)) super._update(address(0), to, 1);
    }
}

/// @notice Balances can be scaled at any time.
contract RebasingToken {
    mapping(address who => uint256) private shares;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    uint256 public percent = 100;

    constructor() {
        shares[msg.sender] = 1e30;
    }

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address who) public view returns (uint256) {
        return shares[who] * percent / 100;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        move(from, to, amount);
        return true;
    }

    function move(address from, address to, uint256 amount) private {
        uint256 part = amount * 100 / percent;
        shares[from] -= part;
        shares[to] += part;
    }
}

/// @notice Behaves until told otherwise.
contract MoodyToken is ERC20 {
    enum Mood {
        Good,
        Reverts,
        ReturnsFalse,
        ReturnsGarbage,
        ReturnsShort,
        ReturnsBomb,
        BurnsGas,
        ReturnsNothing
    }

    Mood public mood;
    uint256[] private waste;

    constructor() ERC20("Moody", "MOO") {
        _mint(msg.sender, 1e30);
    }

    function become(Mood m) external {
        mood = m;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        act();
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        act();
        return super.transferFrom(from, to, amount);
    }

    function act() private {
        Mood m = mood;
        if (m == Mood.Reverts) revert("not today");
        if (m == Mood.BurnsGas) {
            while (true) waste.push(1);
        }
        if (m == Mood.ReturnsFalse) ret(0, 32);
        if (m == Mood.ReturnsGarbage) ret(2, 32);
        if (m == Mood.ReturnsShort) ret(1 << 248, 1);
        if (m == Mood.ReturnsBomb) ret(1, 400_000);
        if (m == Mood.ReturnsNothing) ret(0, 0);
    }

    /// @dev Ends the call with `size` bytes that begin with `word`.
    function ret(uint256 word, uint256 size) private pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, word)
            return(free, size)
        }
    }
}

/// @notice Like Tether: transfers return nothing.
contract SilentToken {
    mapping(address who => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor() {
        balanceOf[msg.sender] = 1e30;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Calls back at every transfer, whoever is told to be called.
contract HookToken is ERC20 {
    address public target;
    bytes public data;
    bool public answered;

    constructor() ERC20("Hook", "HOO") {
        _mint(msg.sender, 1e30);
    }

    function hook(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0)) return;
        (bool ok, bytes memory result) = target.call(data);
        answered = ok;
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

/// @notice Watches, at every transfer, that the holdings of Zklink cover its custody.
contract WatchToken is ERC20 {
    IZklink public immutable zklink;
    uint32 public index;
    uint256 public looks;

    constructor(IZklink zklink_) ERC20("Watch", "WAT") {
        zklink = zklink_;
        _mint(msg.sender, 1e30);
    }

    function watch(uint32 index_) external {
        index = index_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (index == 0) return;
        looks++;
        require(balanceOf(address(zklink)) >= zklink.custody(index), "custody not covered");
    }
}

/// @notice With EIP-2612 permits.
contract PermitToken is ERC20Permit {
    constructor(address holder) ERC20("Permit", "PMT") ERC20Permit("Permit") {
        _mint(holder, 1e30);
    }
}

/// @notice No ERC-20 at all, but a contract.
contract NotAToken {}
