//! A node status that the controller has packed
//! (`util/file/fileutil.go:198` of Argo Workflows 4.1.2).

use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Largest node status that is unpacked, in bytes: a hundred times what a Workflow can hold.
const LARGEST: u64 = 128 * 1024 * 1024;
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks a text. Like the controller, takes for brotli what is neither gzip nor zstd.
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

/// Packs a value as the controller does unless it is told otherwise.
pub fn pack(value: &serde_json::Value) -> String {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into memory does not fail.
    let _ = gzip.write_all(value.to_string().as_bytes());
    BASE64_STANDARD.encode(gzip.finish().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"a": "b"}`, as the controller's libraries pack it: brotli and zstd.
    const BROTLI: &str = "iwSAeyJhIjogImIifQM=";
    const ZSTD_TEXT: &str = "KLUv/QQAUQAAeyJhIjogImIifYyd0b0=";

    #[test]
    fn all_three_packings_are_read() {
        let text = br#"{"a": "b"}"#;
        let gzip = pack(&serde_json::json!({"a": "b"}));
        assert_eq!(unpack(&gzip).unwrap(), br#"{"a":"b"}"#);
        for packed in [BROTLI, ZSTD_TEXT] {
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
