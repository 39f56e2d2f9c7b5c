//! JSON of many megabytes in a gzip file of a few kilobytes, packed by hand: a start, one letter
//! repeated, an end, all in one block with fixed codes.

const START: &str = "{\"isLoggedIn\":true,\"login\":\"somebody\",\"pad\":\"a";
const END: &str = "\"}";
/// How many times the longest repetition is asked for: 10 MB.
const REPEATS: usize = 40_000;
/// The longest repetition that deflate knows.
const RUN: usize = 258;

pub(super) fn gzip() -> Vec<u8> {
    // Magic, deflate, no flags, no time, no extra flags, an unknown system.
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut bits = Bits::default();
    // The last block, with fixed codes.
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    START.bytes().for_each(|byte| bits.literal(byte));
    for _ in 0..REPEATS {
        // Length 258 without extra bits, distance 1.
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    END.bytes().for_each(|byte| bits.literal(byte));
    // The end of the block.
    bits.code(0, 7);
    file.append(&mut bits.finish());
    let pad = std::iter::repeat_n(b'a', REPEATS * RUN);
    let plain = START.bytes().chain(pad).chain(END.bytes());
    file.extend_from_slice(&checksum(plain).to_le_bytes());
    let length = START.len() + REPEATS * RUN + END.len();
    file.extend_from_slice(&u32::try_from(length).expect("below 4 GB").to_le_bytes());
    file
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Appends a number, its lowest bit first.
    fn push(&mut self, number: u32, length: u32) {
        self.pending |= number << self.count;
        self.count += length;
        while self.count >= 8 {
            self.bytes.push((self.pending & 0xff) as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Appends a code, its highest bit first.
    fn code(&mut self, code: u32, length: u32) {
        self.push(code.reverse_bits() >> (32 - length), length);
    }

    /// Appends the code of a byte below 144.
    fn literal(&mut self, byte: u8) {
        self.code(0b0011_0000 + u32::from(byte), 8);
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, 7);
        self.bytes
    }
}

/// CRC-32.
fn checksum(bytes: impl Iterator<Item = u8>) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| (0..8).fold(byte, |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())))
        .collect();
    let step = |crc: u32, byte: u8| crc >> 8 ^ table[((crc ^ u32::from(byte)) & 0xff) as usize];
    !bytes.fold(!0, step)
}
