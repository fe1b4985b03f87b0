//! What a client is told instead of an answer (section 3.6 of the standard).

use super::ErrorMessage;

/// A refusal or failure, as the client may know it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaxiiFault {
    /// A parameter of the query with a value that it cannot have.
    #[error("the parameter `{name}` cannot be `{value}`: {why}")]
    BadParameter {
        /// The parameter.
        name: String,
        /// Its value, shortened.
        value: String,
        /// What was wanted.
        why: &'static str,
    },
    /// A parameter that this endpoint does not have. It is not passed over: a filter that is not applied would answer
    /// another question than the one asked.
    #[error("there is no parameter `{name}` here")]
    UnknownParameter {
        /// The parameter, shortened.
        name: String,
    },
    /// `next` was not given out for this question.
    #[error("`next` does not belong to this request")]
    BadNext,
    /// The request's body is not what it should be.
    #[error("{why}")]
    BadBody {
        /// What is wrong.
        why: String,
    },
    /// No token in force.
    #[error("a token in force is needed")]
    NoToken,
    /// The token does not open this.
    #[error("the token does not open `{scope}`")]
    Scope {
        /// The scope that is missing.
        scope: &'static str,
    },
    /// The collection takes no objects.
    #[error("the collection is read-only")]
    ReadOnly,
    /// Absent, or hidden from this reader.
    #[error("there is nothing here")]
    NotFound,
    /// The path does not take this method.
    #[error("this path does not take that method")]
    Method,
    /// None of the media types asked for is spoken here.
    #[error("only `{}` is spoken here", super::MEDIA_TYPE)]
    NotAcceptable,
    /// A body beyond the limit.
    #[error("the body is longer than {limit} bytes")]
    TooLong {
        /// The limit: `max_content_length` of the API root.
        limit: usize,
    },
    /// A body of another media type, or encoded.
    #[error("a body is wanted as `{}`, without encoding", super::MEDIA_TYPE)]
    MediaType,
    /// The body is JSON, but nothing that could be added.
    #[error("{why}")]
    Unprocessable {
        /// What is wrong.
        why: String,
    },
    /// Too many requests.
    #[error("the quota of this minute is used up")]
    TooMany {
        /// After how many seconds to try again.
        seconds: u32,
    },
    /// Not at the moment.
    #[error("the node is busy or stopping")]
    Busy {
        /// After how many seconds to try again.
        seconds: u32,
    },
    /// Something failed here; the reason stands in our own log.
    #[error("the node could not do it")]
    Internal,
}

impl TaxiiFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            TaxiiFault::BadParameter { .. } => "taxii/bad-parameter",
            TaxiiFault::UnknownParameter { .. } => "taxii/unknown-parameter",
            TaxiiFault::BadNext => "taxii/bad-next",
            TaxiiFault::BadBody { .. } => "taxii/bad-body",
            TaxiiFault::NoToken => "taxii/no-token",
            TaxiiFault::Scope { .. } => "taxii/scope",
            TaxiiFault::ReadOnly => "taxii/read-only",
            TaxiiFault::NotFound => "taxii/not-found",
            TaxiiFault::Method => "taxii/method",
            TaxiiFault::NotAcceptable => "taxii/not-acceptable",
            TaxiiFault::TooLong { .. } => "taxii/too-long",
            TaxiiFault::MediaType => "taxii/media-type",
            TaxiiFault::Unprocessable { .. } => "taxii/unprocessable",
            TaxiiFault::TooMany { .. } => "taxii/too-many",
            TaxiiFault::Busy { .. } => "taxii/busy",
            TaxiiFault::Internal => "taxii/internal",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            TaxiiFault::BadParameter { .. }
            | TaxiiFault::UnknownParameter { .. }
            | TaxiiFault::BadNext
            | TaxiiFault::BadBody { .. } => 400,
            TaxiiFault::NoToken => 401,
            TaxiiFault::Scope { .. } | TaxiiFault::ReadOnly => 403,
            TaxiiFault::NotFound => 404,
            TaxiiFault::Method => 405,
            TaxiiFault::NotAcceptable => 406,
            TaxiiFault::TooLong { .. } => 413,
            TaxiiFault::MediaType => 415,
            TaxiiFault::Unprocessable { .. } => 422,
            TaxiiFault::TooMany { .. } => 429,
            TaxiiFault::Internal => 500,
            TaxiiFault::Busy { .. } => 503,
        }
    }

    /// What helps.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            TaxiiFault::BadNext => {
                Some("repeat the filters of the first page, or begin again without `next`")
            }
            TaxiiFault::NoToken => Some("Basic with the officer's id and a token, or Bearer with the token"),
            TaxiiFault::UnknownParameter { .. } => {
                Some("added_after, limit, next, match[id], match[type], match[version], match[spec_version]")
            }
            _ => None,
        }
    }

    /// After how many seconds to try again.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            TaxiiFault::TooMany { seconds } | TaxiiFault::Busy { seconds } => Some((*seconds).max(1)),
            _ => None,
        }
    }

    /// The error message as the standard has it. `id` is the request's id, by which our log is searched.
    pub fn message(&self, id: &str) -> ErrorMessage {
        ErrorMessage {
            title: self.to_string(),
            description: self.help().map(str::to_owned),
            error_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            error_code: Some(self.code().to_owned()),
            http_status: Some(self.status().to_string()),
        }
    }
}
