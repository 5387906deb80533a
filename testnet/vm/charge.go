package vm

// charge takes the price of a dynamic opcode, with the penalty of the dynamic energy model.
func (f *frame) charge(op byte, cost int64) *fault {
	penalty := f.surcharge(cost)
	if f.m.traced {
		f.trace(op, cost+penalty, nil)
	}
	if f.energy < cost+penalty {
		return f.tooLittle(opName(op), cost, penalty)
	}
	f.energy -= cost + penalty
	f.penalty += penalty
	f.m.penalty += penalty
	return nil
}

// surcharge is what the contract's factor adds to a price.
func (f *frame) surcharge(cost int64) int64 {
	if f.factor <= factorUnit {
		return 0
	}
	return max(0, cost*f.factor/factorUnit-cost)
}

// tooLittle says that the energy does not suffice; the text names the penalty where the contract has a factor.
func (f *frame) tooLittle(name string, cost, penalty int64) *fault {
	if f.factor > factorUnit {
		return faultOutOfEnergy("Not enough energy for '%s' operation executing: curInvokeEnergyLimit[%d], curOpEnergy[%d], penaltyEnergy[%d], usedEnergy[%d]",
			name, f.limit, cost, penalty, f.used())
	}
	return faultOutOfEnergy("Not enough energy for '%s' operation executing: curInvokeEnergyLimit[%d], curOpEnergy[%d], usedEnergy[%d]",
		name, f.limit, cost, f.used())
}

// cannot says that what a CALL or LOG needs for itself is not there.
func cannot(op byte, cost, left int64) *fault {
	return faultOutOfEnergy("Not enough energy for '%s' operation executing: opEnergy[%d], programEnergy[%d]", opName(op), cost, left)
}

// before is what the loop does ahead of an opcode of fixed price where somebody traces or the contract has a factor. It takes the penalty;
// the loop takes the price.
func (f *frame) before(op byte, cost int64) *fault {
	penalty := f.surcharge(cost)
	if f.m.traced {
		f.trace(op, cost+penalty, nil)
	}
	if f.energy < cost+penalty {
		return f.tooLittle(opName(op), cost, penalty)
	}
	f.energy -= penalty
	f.penalty += penalty
	f.m.penalty += penalty
	return nil
}

// unfit is why an opcode of the table may not run: it does not exist, or the stack is too small or too large for it.
func (f *frame) unfit(op byte) *fault {
	info := &f.m.table[op]
	switch {
	case info.pops == unavailable:
		return faultIllegal(op)
	case f.sp < int(info.pops):
		return faultStackTooSmall(int(info.pops), f.sp)
	default:
		return faultStackTooLarge()
	}
}

// trace tells the tracer of an opcode about to run, or of one that cannot.
func (f *frame) trace(op byte, cost int64, err error) {
	f.m.env.Tracer.Step(&Step{
		Depth: f.depth, PC: f.pc, Op: op, Energy: f.energy, Cost: cost,
		Stack: f.stack[:f.sp], Memory: f.mem, Address: f.self, Err: err,
	})
}

// late is the end of a transaction whose time is up.
func late(op byte) *fault {
	return faultOutOfTime("CPU timeout for '%s' operation executing", opName(op))
}
