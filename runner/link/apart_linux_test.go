package link

func senderInUse(out sender) []region {
	switch s := out.(type) {
	case *shmOut:
		return []region{written("a ring's sender", s), written("its ring", s.ring)}
	case *eventfdOut:
		return []region{written("a counted sender", s), written("its ring", s.ring)}
	case *sysvOut:
		return []region{written("a queue's sender", s), filled("its message", s.typed)}
	case *mqueueOut:
		return []region{looked("a queue's sender", s)}
	case *seqpacket:
		return []region{looked("a packet's sender", s)}
	}
	return nil
}

func receiverInUse(in receiver) []region {
	switch s := in.(type) {
	case *shmIn:
		return []region{written("a ring's receiver", s), written("its ring", s.ring)}
	case *eventfdIn:
		return []region{written("a counted receiver", s), written("its ring", s.ring)}
	case *sysvIn:
		return []region{looked("a queue's receiver", s), filled("its message", s.typed)}
	case *mqueueIn:
		return []region{looked("a queue's receiver", s)}
	case *seqpacket:
		return []region{looked("a packet's receiver", s)}
	}
	return nil
}
