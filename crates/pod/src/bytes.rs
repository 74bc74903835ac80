//! Amounts of memory, as people read them.

/// Formats bytes: `512 MiB`, `1.5 GiB`.
pub fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let amount = bytes as f64;
    match bytes {
        0..1_048_576 => format!("{:.0} KiB", amount / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.0} MiB", amount / 1_048_576.0),
        _ => format!("{:.1} GiB", amount / 1_073_741_824.0),
    }
}
