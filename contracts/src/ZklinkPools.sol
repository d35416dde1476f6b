// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkPools} from "./interfaces/IZklink.sol";
import {Brokers} from "./modules/Brokers.sol";
import {Handover} from "./modules/Handover.sol";
import {Instance} from "./modules/Instance.sol";
import {PoolRequests} from "./modules/PoolRequests.sol";

/// @title L2's pools used from L1, payouts in advance by brokers, and the guardian's pauses. The third implementation of the
/// row.
contract ZklinkPools is IZklinkPools, PoolRequests, Brokers, Handover {
    constructor(Config memory config, address next) Instance(config) Handover(next) {}

    function requestSwap(SwapRequest calldata r) external payable nonReentrant {
        pushSwap(r);
    }

    function requestSwapWithPermit(SwapRequest calldata r, Permit calldata permit) external nonReentrant {
        usePermit(r.tokenIn, permit);
        pushSwap(r);
    }

    function requestAddLiquidity(LiquidityRequest calldata r) external payable nonReentrant {
        pushAddLiquidity(r);
    }

    function requestAddLiquidityWithPermit(LiquidityRequest calldata r, Permit calldata permit)
        external
        nonReentrant
    {
        usePermit(r.token, permit);
        pushAddLiquidity(r);
    }

    function requestRemoveLiquidity(
        uint256 position,
        uint256 shares,
        uint64 tokenOut,
        uint256 minOut,
        address to,
        uint64 deadline
    ) external nonReentrant {
        pushRemoveLiquidity(position, shares, tokenOut, minOut, to, deadline);
    }

    function registerBroker() external returns (uint24 index) {
        return addBroker();
    }

    function accept(Payout calldata payout) external payable nonReentrant {
        payInAdvance(payout);
    }

    function pauseDeposits(address token) external onlyGuardian {
        setDepositsPaused(token, true);
    }

    function resumeDeposits(address token) external onlyGuardianOrGovernor {
        setDepositsPaused(token, false);
    }

    function pauseAllDeposits() external onlyGuardian {
        setAllDepositsPaused(true);
    }

    function resumeAllDeposits() external onlyGuardianOrGovernor {
        setAllDepositsPaused(false);
    }
}
