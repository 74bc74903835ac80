//! A node status that the controller has compressed (`util/file/fileutil.go:198` of Argo Workflows 4.1.2).

use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Greatest unpacked size of a node status, in bytes: a hundred times what a Workflow can hold.
const LARGEST: u64 = 128 * 1024 * 1024;
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks a text. Like the controller, reads anything that is neither gzip nor zstd as brotli.
///
/// # Errors
///
/// Says why the text cannot be unpacked.
pub fn unpack(text: &str) -> Result<Vec<u8>, String> {
    let broken = |error: &dyn std::fmt::Display| error.to_string();
    let packed = BASE64_STANDARD
        .decode(text.trim())
        .map_err(|error| broken(&error))?;
    let mut unpacked = Vec::new();
    let bytes = packed.as_slice();
    let read = if bytes.starts_with(&GZIP) {
        flate2::read::GzDecoder::new(bytes)
            .take(LARGEST)
            .read_to_end(&mut unpacked)
    } else if bytes.starts_with(&ZSTD) {
        ruzstd::decoding::StreamingDecoder::new(bytes)
            .map_err(|error| broken(&error))?
            .take(LARGEST)
            .read_to_end(&mut unpacked)
    } else {
        brotli_decompressor::Decompressor::new(bytes, 4096)
            .take(LARGEST)
            .read_to_end(&mut unpacked)
    };
    read.map_err(|error| broken(&error))?;
    Ok(unpacked)
}

/// Packs bytes with gzip, the controller's default.
///
/// # Errors
///
/// Says what went wrong.
pub fn pack(bytes: &[u8]) -> Result<String, String> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = gzip.write_all(bytes).and_then(|()| gzip.finish());
    let packed = packed.map_err(|error| error.to_string())?;
    Ok(BASE64_STANDARD.encode(packed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text `{"a": "b"}` after the controller's libraries packed it with brotli and with zstd.
    const BROTLI: &str = "iwSAeyJhIjogImIifQM=";
    const ZSTD_TEXT: &str = "KLUv/QQAUQAAeyJhIjogImIifYyd0b0=";

    #[test]
    fn all_three_packings_are_read() {
        let text = br#"{"a": "b"}"#;
        let gzip = pack(text).unwrap();
        for packed in [BROTLI, ZSTD_TEXT, &gzip] {
            assert_eq!(unpack(packed).unwrap(), text, "{packed}");
        }
    }

    #[test]
    fn what_is_not_packed_is_an_error() {
        for text in ["%%%", "H4sIAAAA", "KLUv/Q=="] {
            assert!(unpack(text).is_err(), "{text}");
        }
    }
}
