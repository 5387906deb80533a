package vm

import "fmt"

// fault is why a frame ended with an exception: java-tron's class, its text and what it costs. Texts are made when somebody reads them,
// for most faults of inner frames are never shown.
type fault struct {
	outcome Outcome
	class   string
	format  string
	args    []any
	// refunds: only what was used is paid (a failed transfer), instead of all that the frame had.
	refunds bool
	// fatal: no frame catches it, the whole transaction ends.
	fatal bool
}

// Error is the text that java-tron shows.
func (f *fault) Error() string {
	if len(f.args) == 0 {
		return f.format
	}
	return fmt.Sprintf(f.format, f.args...)
}

// javaClass is the name of the exception's class in java-tron's error answers.
func (f *fault) javaClass() string { return f.class }

const programClass = "org.tron.core.vm.program.Program$"

func faultOutOfEnergy(format string, args ...any) *fault {
	return &fault{outcome: OutOfEnergy, class: programClass + "OutOfEnergyException", format: format, args: args}
}

func faultOutOfMemory(op byte) *fault {
	return &fault{outcome: OutOfMemory, class: programClass + "OutOfMemoryException", format: "Out of Memory when '%s' operation executing", args: []any{opName(op)}}
}

func faultIllegal(op byte) *fault {
	return &fault{outcome: IllegalOperation, class: programClass + "IllegalOperationException", format: "Invalid operation code: opCode[%02x];", args: []any{op}}
}

// faultJump reports the target as Java shows it: −1 when it takes more than four bytes, else as a signed 32-bit number.
func faultJump(target int32) *fault {
	return &fault{outcome: BadJumpDestination, class: programClass + "BadJumpDestinationException", format: "Operation with pc isn't 'JUMPDEST': PC[%d];", args: []any{target}}
}

func faultStackTooSmall(want, have int) *fault {
	return &fault{outcome: StackTooSmall, class: programClass + "StackTooSmallException", format: "Expected stack size %d but actual %d;", args: []any{want, have}}
}

func faultStackTooLarge() *fault {
	return &fault{outcome: StackTooLarge, class: programClass + "StackTooLargeException", format: "Expected: overflow 1024 elements stack limit"}
}

func faultTransfer(format string, args ...any) *fault {
	return &fault{outcome: TransferFailed, class: programClass + "TransferException", format: format, args: args, refunds: true}
}

func faultInvalidCode() *fault {
	return &fault{outcome: InvalidCode, class: programClass + "InvalidCodeException", format: "invalid code: must not begin with 0xef"}
}

func faultStatic() *fault {
	return &fault{outcome: Unknown, class: programClass + "StaticCallModificationException", format: "Attempt to call a state modifying opcode inside STATICCALL"}
}

func faultReturnData(format string, args ...any) *fault {
	return &fault{outcome: Unknown, class: programClass + "ReturnDataCopyIllegalBoundsException", format: format, args: args}
}

// faultExecution is any other failure of the machine itself.
func faultExecution(format string, args ...any) *fault {
	return &fault{outcome: Unknown, class: programClass + "BytecodeExecutionException", format: format, args: args}
}

// faultRange is Java's failure to fit a word into 64 bits.
func faultRange() *fault {
	return &fault{outcome: Unknown, class: "java.lang.ArithmeticException", format: "BigInteger out of long range"}
}

// faultIndex is Java's failure to read past an array.
func faultIndex(index, length int) *fault {
	return &fault{
		outcome: Unknown, class: "java.lang.ArrayIndexOutOfBoundsException",
		format: "Index %d out of bounds for length %d", args: []any{index, length},
	}
}

// javaArrayLimit is the length from which on Java makes no array, however much memory it has.
const javaArrayLimit = 1<<31 - 2

// faultThrowable is Java running out of memory over an array length. It is no exception that a frame could catch, and its text is not shown.
func faultThrowable() *fault {
	return &fault{outcome: Unknown, class: "java.lang.RuntimeException", format: "Unknown Throwable", fatal: true}
}

// javaChunk is the size of the arrays that java-tron's memory is made of.
const javaChunk = 1024

// faultBelowMemory is Java's failure to write at a negative offset of memory of some size.
func faultBelowMemory(at int32, size int) *fault {
	chunks, chunk := (size+javaChunk-1)/javaChunk, int(at)/javaChunk
	if chunk < 0 || chunks == 0 {
		return &fault{
			outcome: Unknown, class: "java.lang.IndexOutOfBoundsException",
			format: "Index: %d, Size: %d", args: []any{chunk, chunks},
		}
	}
	return &fault{
		outcome: Unknown, class: "java.lang.ArrayIndexOutOfBoundsException",
		format: "arraycopy: destination index %d out of bounds for byte[1024]", args: []any{at % javaChunk},
	}
}

func faultOutOfTime(format string, args ...any) *fault {
	return &fault{outcome: OutOfTime, class: programClass + "OutOfTimeException", format: format, args: args, fatal: true}
}

// faultJavaStack stands for the depth at which the machine that runs java-tron gives up.
func faultJavaStack() *fault {
	return &fault{
		outcome: JVMStackOverflow, class: programClass + "JVMStackOverFlowException",
		format: "StackOverflowError:  exceed default JVM stack size!", fatal: true,
	}
}
