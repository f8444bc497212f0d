//! Requests as JavaScript reads them. One test: there is one record a process.

use wasm_revive_abi::{
    persist_offset as offset, persist_request as request, persist_requests, persist_size as size,
    PersistRequest, PERSIST_MAGIC,
};

fn word(at: usize) -> u32 {
    let bytes = persist_requests().to_bytes();
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

#[test]
fn a_request_can_be_read_while_it_is_made_and_nobody_answers() {
    assert_eq!(word(offset::MAGIC), PERSIST_MAGIC);
    assert_eq!(word(offset::SIZE), size::TOTAL as u32);
    let text = "no room";
    for (number, length, asked) in [
        (request::FIND, 0, PersistRequest::Find),
        (request::LOAD, 3, PersistRequest::Load(&mut [0; 3])),
        (request::RESTORED, 0, PersistRequest::Restored),
        (request::NOT_RESTORED, 7, PersistRequest::NotRestored(text)),
        (request::SAVE, 2, PersistRequest::Save(&[1, 2])),
        (request::NOT_SAVED, 7, PersistRequest::NotSaved(text)),
    ] {
        let mut seen = None;
        let answer = persist_requests().ask("drafts", 9, asked, || {
            seen = Some([
                word(offset::REQUEST),
                word(offset::NAME_LENGTH),
                word(offset::VERSION),
                word(offset::BYTES_LENGTH),
                word(offset::ANSWER),
            ]);
        });
        assert_eq!(seen, Some([number, 6, 9, length, 0]));
        assert_eq!(answer, None);
        assert_eq!(word(offset::REQUEST), 0, "the next signal asks for nothing");
    }
}
