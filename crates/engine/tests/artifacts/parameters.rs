//! Output parameters from files.

use engine::artifacts::read_parameter;

use crate::disk::Disk;

#[test]
fn an_output_parameter_is_a_file_less_one_end_of_line() {
    let disk = Disk::new();
    let file = disk.path("p");
    std::fs::write(&file, "a\n\n").unwrap();
    assert_eq!(read_parameter("/tmp/p", Ok(&file), false).unwrap(), "a\n");
    std::fs::write(&file, b"\xff").unwrap();
    assert_eq!(
        read_parameter("/tmp/p", Ok(&file), false).unwrap(),
        "\u{fffd}"
    );
    for (is_mounted, message) in [
        (
            false,
            "wait: Error (exit code 64): open /var/run/argo/outputs/parameters/tmp/p: no such file or directory",
        ),
        (
            true,
            "wait: Error (exit code 64): open /mainctrfs/tmp/p: no such file or directory",
        ),
    ] {
        let error = read_parameter("/tmp/p", Ok(&disk.path("nothing")), is_mounted).unwrap_err();
        assert_eq!(error.node_message(), message);
        assert!(error.is_not_found);
    }
    assert!(read_parameter("/tmp/p", Ok(disk.root.path()), false).is_err());
}
