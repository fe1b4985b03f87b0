//! Meanings of codes that are given on the spot, where no type and no text beside them says what they mean.

/// A code and its meaning. A line whose code is nowhere in the sources is a fault.
pub const MEANINGS: &[(&str, &str)] = &[
    ("cli/bad-basis", "A legal basis that is not cited as an article of an instrument."),
    ("cli/bad-value", "A value that the option does not take."),
    ("cli/file-unreadable", "The file or folder cannot be read, for the reason told."),
    ("cli/not-utf8", "An argument that is not UTF-8."),
    ("cli/option-missing", "An option that must be given is missing."),
    ("cli/options-conflict", "Options that exclude each other."),
    ("cli/unknown-option", "No such option."),
    ("cli/unknown-verb", "No such verb."),
    ("cli/usage", "The command was not understood for another reason."),
    ("cli/verb-missing", "A command that needs a verb has none."),
    ("exchange/bad-cosignature", "The cosignature does not fit the checkpoint."),
    ("exchange/expired", "The dispatch came after its expiry."),
    ("exchange/frame-mismatch", "The frame is not the one that the dispatch names."),
    ("exchange/future", "The dispatch is dated further ahead than clocks may differ."),
    ("exchange/no-frame", "The dispatch came without its frame."),
    (
        "exchange/not-addressed-here",
        "The dispatch is from or to another party, or stands at another position.",
    ),
    ("exchange/record-mismatch", "The frame holds another record than the dispatch names."),
    ("exchange/twin-mismatch", "The acknowledgement names another crossing or decision than the one sent."),
    ("exchange/unknown-checkpoint", "The cosignature is of a checkpoint that was not made here."),
    ("threat/bad-pattern", "The pattern of an indicator does not have the shape of STIX patterning."),
    ("threat/bad-reference", "A reference that does not name an object of the kind it must."),
    ("threat/invalid", "The object breaks a rule of STIX."),
    ("threat/missing-property", "A property that STIX requires of this type is missing."),
    ("threat/unknown-label", "A label in the text of an object is not in the vocabulary."),
    ("tls/handshake", "The handshake failed for the reason told."),
];
