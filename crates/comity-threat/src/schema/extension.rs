//! The predefined extensions of cyber observables (STIX 2.1 sections 6.7, 6.12, 6.13 and 6.16).

use super::{
    common::TEXTS,
    shape::{Form, Precision, Predefined, Shape, Targets, p, plan, shape},
    vocabulary as words,
};
use crate::validate::text;

/// Of `file`.
pub(super) const FILE: &[Predefined] = &[
    Predefined("archive-ext", &ARCHIVE),
    Predefined("ntfs-ext", &NTFS),
    Predefined("pdf-ext", &PDF),
    Predefined("raster-image-ext", &RASTER_IMAGE),
    Predefined("windows-pebinary-ext", &PE_BINARY),
];
/// Of `network-traffic`.
pub(super) const NETWORK: &[Predefined] = &[
    Predefined("http-request-ext", &HTTP_REQUEST),
    Predefined("icmp-ext", &ICMP),
    Predefined("socket-ext", &SOCKET),
    Predefined("tcp-ext", &TCP),
];
/// Of `process`.
pub(super) const PROCESS: &[Predefined] = &[
    Predefined("windows-process-ext", &WINDOWS_PROCESS),
    Predefined("windows-service-ext", &WINDOWS_SERVICE),
];
/// Of `user-account`.
pub(super) const USER_ACCOUNT: &[Predefined] = &[Predefined("unix-account-ext", &UNIX_ACCOUNT)];

const COUNT: Form = Form::Integer(0, i64::MAX);
const WHOLE: Form = Form::Integer(i64::MIN, i64::MAX);
const HEX: Form = Form::Worded(&text::HEX);

static ARCHIVE: Shape = shape(
    &[
        p("contains_refs", Form::List(&Form::Reference(Targets::Of(&["file", "directory"]))))
            .only21()
            .must21(),
        p("contains_refs", Form::List(&Form::Reference(Targets::Of(&["file"])))).only20().must20(),
        p("version", Form::Text).only20(),
        p("comment", Form::Text),
    ],
    &[],
);

static NTFS: Shape =
    plan(&[p("sid", Form::Text), p("alternate_data_streams", Form::List(&Form::Object(&DATA_STREAM)))], &[])
        .one_of(&["sid", "alternate_data_streams"])
        .shape();

static DATA_STREAM: Shape =
    shape(&[p("name", Form::Text).must(), p("hashes", Form::Hashes), p("size", COUNT)], &[]);

static PDF: Shape = plan(
    &[
        p("version", Form::Text),
        p("is_optimized", Form::Boolean),
        p("document_info_dict", Form::Keyed(&text::PDF_KEY, &Form::Text)),
        p("pdfid0", Form::Text),
        p("pdfid1", Form::Text),
    ],
    &[],
)
.one_of(&["version", "is_optimized", "document_info_dict", "pdfid0", "pdfid1"])
.shape();

static RASTER_IMAGE: Shape = plan(
    &[
        p("image_height", WHOLE),
        p("image_width", WHOLE),
        p("bits_per_pixel", WHOLE),
        p("image_compression_algorithm", Form::Text).only20(),
        p("exif_tags", Form::Dictionary(&Form::Any)),
    ],
    &[],
)
.one_of(&["image_height", "image_width", "bits_per_pixel", "image_compression_algorithm", "exif_tags"])
.shape();

static PE_BINARY: Shape = plan(
    &[
        p("pe_type", Form::Open(&words::PE_TYPE)).must(),
        p("imphash", Form::Text),
        p("machine_hex", HEX),
        p("number_of_sections", COUNT),
        p("time_date_stamp", Form::Time(Precision::Seconds)),
        p("pointer_to_symbol_table_hex", HEX),
        p("number_of_symbols", COUNT),
        p("size_of_optional_header", COUNT),
        p("characteristics_hex", HEX),
        p("file_header_hashes", Form::Hashes),
        p("optional_header", Form::Object(&PE_OPTIONAL_HEADER)),
        p("sections", Form::List(&Form::Object(&PE_SECTION))),
    ],
    &[],
)
.one_of_in_21(&[
    "imphash",
    "machine_hex",
    "number_of_sections",
    "time_date_stamp",
    "pointer_to_symbol_table_hex",
    "number_of_symbols",
    "size_of_optional_header",
    "characteristics_hex",
    "file_header_hashes",
    "optional_header",
    "sections",
])
.shape();

static PE_SECTION: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("size", COUNT),
        p("entropy", Form::Number(f64::MIN, f64::MAX)),
        p("hashes", Form::Hashes),
    ],
    &[],
);

static PE_OPTIONAL_HEADER: Shape = plan(
    &[
        p("magic_hex", HEX),
        p("major_linker_version", WHOLE),
        p("minor_linker_version", WHOLE),
        p("size_of_code", COUNT),
        p("size_of_initialized_data", COUNT),
        p("size_of_uninitialized_data", COUNT),
        p("address_of_entry_point", WHOLE),
        p("base_of_code", WHOLE),
        p("base_of_data", WHOLE),
        p("image_base", WHOLE),
        p("section_alignment", WHOLE),
        p("file_alignment", WHOLE),
        p("major_os_version", WHOLE),
        p("minor_os_version", WHOLE),
        p("major_image_version", WHOLE),
        p("minor_image_version", WHOLE),
        p("major_subsystem_version", WHOLE),
        p("minor_subsystem_version", WHOLE),
        p("win32_version_value_hex", HEX),
        p("size_of_image", COUNT),
        p("size_of_headers", COUNT),
        p("checksum_hex", HEX),
        p("subsystem_hex", HEX),
        p("dll_characteristics_hex", HEX),
        p("size_of_stack_reserve", COUNT),
        p("size_of_stack_commit", COUNT),
        p("size_of_heap_reserve", COUNT),
        p("size_of_heap_commit", COUNT),
        p("loader_flags_hex", HEX),
        p("number_of_rva_and_sizes", WHOLE),
        p("hashes", Form::Hashes),
    ],
    &[],
)
.shape();

static HTTP_REQUEST: Shape = shape(
    &[
        p("request_method", Form::Text).must(),
        p("request_value", Form::Text).must(),
        p("request_version", Form::Text),
        p("request_header", Form::Keyed(&text::HTTP_FIELD, &Form::Any)),
        p("message_body_length", WHOLE),
        p("message_body_data_ref", Form::Reference(Targets::Of(&["artifact"]))),
    ],
    &[],
);

static ICMP: Shape = shape(&[p("icmp_type_hex", HEX).must(), p("icmp_code_hex", HEX).must()], &[]);

static SOCKET: Shape = shape(
    &[
        p("address_family", Form::Closed(&words::SOCKET_FAMILY)).must(),
        p("is_blocking", Form::Boolean),
        p("is_listening", Form::Boolean),
        p("protocol_family", Form::Text).only20(),
        p("options", Form::Keyed(&text::SOCKET_OPTION, &WHOLE)).only21(),
        p("options", Form::Keyed(&text::SOCKET_OPTION, &Form::Any)).only20(),
        p("socket_type", Form::Closed(&words::SOCKET_TYPE)),
        p("socket_descriptor", COUNT),
        p("socket_handle", WHOLE),
    ],
    &[],
);

static TCP: Shape = plan(&[p("src_flags_hex", HEX), p("dst_flags_hex", HEX)], &[])
    .one_of(&["src_flags_hex", "dst_flags_hex"])
    .shape();

static WINDOWS_PROCESS: Shape = plan(
    &[
        p("aslr_enabled", Form::Boolean),
        p("dep_enabled", Form::Boolean),
        p("priority", Form::Advised(&text::PRIORITY_CLASS)),
        p("owner_sid", Form::Text),
        p("window_title", Form::Text),
        p("startup_info", Form::Object(&STARTUP_INFO)),
        p("integrity_level", Form::Closed(&words::INTEGRITY_LEVEL)),
    ],
    &[],
)
.one_of(&[
    "aslr_enabled",
    "dep_enabled",
    "priority",
    "owner_sid",
    "window_title",
    "startup_info",
    "integrity_level",
])
.shape();

/// The fields of the STARTUPINFO structure of Windows.
static STARTUP_INFO: Shape = plan(
    &[
        p("cb", WHOLE),
        p("lpReserved", Form::Null),
        p("lpDesktop", Form::Text),
        p("lpTitle", Form::Text),
        p("dwX", WHOLE),
        p("dwY", WHOLE),
        p("dwXSize", WHOLE),
        p("dwYSize", WHOLE),
        p("dwXCountChars", WHOLE),
        p("dwYCountChars", WHOLE),
        p("dwFillAttribute", Form::Text),
        p("dwFlags", Form::Text),
        p("wShowWindow", Form::Text),
        p("cbReserved2", Form::Integer(0, 0)),
        p("lpReserved2", Form::Null),
        p("hStdInput", Form::Text),
        p("hStdOutput", Form::Text),
        p("hStdError", Form::Text),
    ],
    &[],
)
.closed()
.shape();

static WINDOWS_SERVICE: Shape = plan(
    &[
        p("service_name", Form::Text).must20(),
        p("descriptions", TEXTS),
        p("display_name", Form::Text),
        p("group_name", Form::Text),
        p("start_type", Form::Closed(&words::SERVICE_START)),
        p("service_dll_refs", Form::List(&Form::Reference(Targets::Of(&["file"])))),
        p("service_type", Form::Closed(&words::SERVICE_TYPE)),
        p("service_status", Form::Closed(&words::SERVICE_STATUS)),
    ],
    &[],
)
.one_of(&[
    "service_name",
    "descriptions",
    "display_name",
    "group_name",
    "start_type",
    "service_dll_refs",
    "service_type",
    "service_status",
])
.shape();

static UNIX_ACCOUNT: Shape = plan(
    &[
        p("gid", Form::Number(0.0, f64::MAX)),
        p("groups", TEXTS),
        p("home_dir", Form::Text),
        p("shell", Form::Text),
    ],
    &[],
)
.one_of(&["gid", "groups", "home_dir", "shell"])
.shape();
