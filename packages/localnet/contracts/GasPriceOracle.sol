// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// Answers as the OP Stack documents its predeploy 0x420000000000000000000000000000000000000F, with parameters as set.
/// https://specs.optimism.io/protocol/isthmus/predeploys.html, https://specs.optimism.io/protocol/jovian/predeploys.html
contract GasPriceOracle {
    bool public isIsthmus;
    bool public isJovian;
    uint256 private scalar;
    uint256 private constantPart;
    uint256 private upperBound;

    function set(uint256 l1FeeUpperBound, uint256 operatorFeeScalar, uint256 operatorFeeConstant) external {
        upperBound = l1FeeUpperBound;
        scalar = operatorFeeScalar;
        constantPart = operatorFeeConstant;
    }

    function setForks(bool isthmus, bool jovian) external {
        isIsthmus = isthmus;
        isJovian = jovian;
    }

    function getL1FeeUpperBound(uint256) external view returns (uint256) {
        return upperBound;
    }

    function getOperatorFee(uint256 gasUsed) external view returns (uint256) {
        if (!isIsthmus) return 0;
        if (isJovian) return gasUsed * scalar * 100 + constantPart;
        return (gasUsed * scalar) / 1e6 + constantPart;
    }
}
