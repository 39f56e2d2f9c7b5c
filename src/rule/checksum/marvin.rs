//! Marvin32, the keyed hash by which Microsoft's newer tokens carry a checksum
//! (`security_utilities_rust` of microsoft/security-utilities; `marvin32.c` of microsoft/SymCrypt).

/// The 64 bits of the hash of `bytes` under `seed`.
pub(super) fn marvin(bytes: &[u8], seed: u64) -> u64 {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        state = mixed((state.0.wrapping_add(u32::from_le_bytes(*word)), state.1));
    }
    // What is left over ends with a mark, as the one bit of a padding does.
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    state = mixed((state.0.wrapping_add(u32::from_le_bytes(last)), state.1));
    let (low, high) = mixed(state);
    u64::from(high) << 32 | u64::from(low)
}

fn mixed((mut low, mut high): (u32, u32)) -> (u32, u32) {
    for (left, right) in [(20, 9), (27, 19)] {
        high ^= low;
        low = low.rotate_left(left).wrapping_add(high);
        high = high.rotate_left(right);
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_symcrypt() {
        assert_eq!(marvin(b"abc", 0xd53c_d9ce_cd08_93b7), 0x22c7_4339_4927_69bf);
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        assert_eq!(marvin(letters, 0x0ddd_deee_efff_f000), 0xa128_eb7e_7260_aca2);
    }
}
