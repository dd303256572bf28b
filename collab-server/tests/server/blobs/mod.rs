//! `blobs`: what goes in, what comes out, and to whom.

mod download;
mod upload;

use axum::{body::Body, http::Method};
use engine::samples::Sample;
use shared::value::Media;

use crate::support::{Answer, Person};

pub fn photo() -> &'static [u8] {
    Sample::find("photo2").expect("a photograph ships with the program").bytes
}

/// A picture nobody else has.
pub fn picture(shade: u8) -> Vec<u8> {
    png(2, 2, &[shade; 12])
}

/// The smallest encoder there is: stored deflate blocks.
fn png(width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    for row in rgb.chunks(width as usize * 3) {
        raw.push(0);
        raw.extend(row);
    }
    let mut zlib = vec![0x78, 0x01, 0x01];
    zlib.extend((raw.len() as u16).to_le_bytes());
    zlib.extend((!(raw.len() as u16)).to_le_bytes());
    zlib.extend(&raw);
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &raw {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    zlib.extend((b << 16 | a).to_be_bytes());
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &zlib), (b"IEND", &Vec::new())] {
        file.extend((data.len() as u32).to_be_bytes());
        let chunk = [kind.as_slice(), data].concat();
        file.extend(&chunk);
        file.extend(crc(&chunk).to_be_bytes());
    }
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

pub async fn upload(person: &Person<'_>, mime: &str, bytes: &[u8]) -> Answer {
    let request = person.request(Method::POST, "/api/blobs").header("content-type", mime);
    person.send(request.body(Body::from(bytes.to_vec())).expect("a valid request")).await
}

pub async fn uploaded(person: &Person<'_>, mime: &str, bytes: &[u8]) -> Media {
    upload(person, mime, bytes).await.ok().read_as()
}
