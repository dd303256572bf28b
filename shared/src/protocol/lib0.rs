//! lib0's primitives: the integers, buffers and strings of which every Yjs message consists.
//!
//! Reading is strict: a length is checked against the bytes that are left before anything is taken, an integer stays
//! within what JavaScript can count (2^53 - 1), text is UTF-8.

/// The largest integer a JavaScript client can hold exactly.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why bytes are not what the protocol says they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the message ends too early")]
    Truncated,
    #[error("an integer is out of range")]
    Integer,
    #[error("a text is not UTF-8")]
    Utf8,
    #[error("a text is not JSON")]
    Json,
    #[error("a message type is unknown")]
    Type,
    #[error("bytes follow the end of the message")]
    Trailing,
    #[error("values are nested too deeply")]
    Depth,
    #[error("a count is zero, doubled, or larger than the message")]
    Count,
}

/// Takes primitives off the front of a message.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Fails unless every byte was taken.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Trailing) }
    }

    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// 7 bits per byte, low ones first, the high bit says that more follow.
    pub fn var_uint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = self.byte()?;
            // Eight bytes hold 56 bits, more than any integer that is allowed.
            if shift > 49 {
                return Err(Malformed::Integer);
            }
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return if value <= MAX_SAFE_INTEGER { Ok(value) } else { Err(Malformed::Integer) };
            }
        }
    }

    /// A signed integer: the first byte holds a sign and 6 bits. Answers with its magnitude's fitting range only.
    pub fn var_int(&mut self) -> Result<i64, Malformed> {
        let first = self.byte()?;
        let negative = first & 0x40 != 0;
        let mut magnitude = u64::from(first & 0x3f);
        let mut shift = 6_u32;
        let mut more = first & 0x80 != 0;
        while more {
            let byte = self.byte()?;
            if shift > 55 {
                return Err(Malformed::Integer);
            }
            magnitude |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            more = byte & 0x80 != 0;
        }
        let magnitude = i64::try_from(magnitude).map_err(|_| Malformed::Integer)?;
        if magnitude.unsigned_abs() > MAX_SAFE_INTEGER {
            return Err(Malformed::Integer);
        }
        Ok(if negative { -magnitude } else { magnitude })
    }

    /// A count of things that take at least `min_bytes` each: more of them than bytes are left is a lie.
    pub fn count(&mut self, min_bytes: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.var_uint()?).map_err(|_| Malformed::Count)?;
        if count > self.rest.len() / min_bytes.max(1) { Err(Malformed::Count) } else { Ok(count) }
    }

    pub fn var_buf(&mut self) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(self.var_uint()?).map_err(|_| Malformed::Truncated)?;
        self.take(len)
    }

    pub fn var_string(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.var_buf()?).map_err(|_| Malformed::Utf8)
    }
}

pub fn write_var_uint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn write_var_buf(out: &mut Vec<u8>, bytes: &[u8]) {
    write_var_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub fn write_var_string(out: &mut Vec<u8>, text: &str) {
    write_var_buf(out, text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_reads_what_it_writes() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), MAX_SAFE_INTEGER] {
            let mut out = Vec::new();
            write_var_uint(&mut out, value);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.var_uint(), Ok(value));
            assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn a_signed_integer_reads_lib0_bytes() {
        // lib0 encoding.writeVarInt of 1, -1, 63, -64, 1000.
        for (bytes, value) in
            [(&[0x01][..], 1), (&[0x41], -1), (&[0x3f], 63), (&[0xc0, 0x01], -64), (&[0xa8, 0x0f], 1000)]
        {
            assert_eq!(Reader::new(bytes).var_int(), Ok(value));
        }
    }

    #[test]
    fn an_integer_beyond_javascript_is_refused() {
        assert_eq!(Reader::new(&[0xff; 10]).var_uint(), Err(Malformed::Integer));
        assert_eq!(Reader::new(&[0xff; 12]).var_int(), Err(Malformed::Integer));
        assert_eq!(Reader::new(&[0xff]).var_uint(), Err(Malformed::Truncated));
    }

    #[test]
    fn a_length_beyond_the_end_takes_nothing() {
        assert_eq!(Reader::new(&[5, 1, 2]).var_buf(), Err(Malformed::Truncated));
        assert_eq!(Reader::new(&[5, 1, 2]).count(1), Err(Malformed::Count));
        assert_eq!(Reader::new(&[2, 0xc3, 0x28]).var_string(), Err(Malformed::Utf8));
    }
}
