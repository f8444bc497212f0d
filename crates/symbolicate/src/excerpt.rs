//! A line of the source, as rustc shows it.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// What to show.
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<'a> {
    /// What went wrong: the title.
    pub title: &'a str,
    /// The text of the file.
    pub source: &'a str,
    /// What the file is called.
    pub path: &'a str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in characters; 0 when it isn't known.
    pub column: u32,
    /// What is said at the place.
    pub label: &'a str,
    /// Whether escape sequences may be used.
    pub colour: bool,
}

/// The title and the place, or the title alone where the file has no such line.
pub fn excerpt(excerpt: Excerpt<'_>) -> String {
    let renderer = if excerpt.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let title = Level::ERROR.primary_title(excerpt.title);
    let report = match span(excerpt.source, excerpt.line, excerpt.column) {
        Some(span) => {
            let place = AnnotationKind::Primary.span(span).label(excerpt.label);
            title.element(
                Snippet::source(excerpt.source)
                    .path(excerpt.path)
                    .annotation(place),
            )
        }
        None => title.elements(std::iter::empty::<annotate_snippets::Element<'_>>()),
    };
    renderer.render(&[report])
}

/// The bytes to point at: from the column to the end of the word, or the line without the space around it.
fn span(source: &str, line: u32, column: u32) -> Option<std::ops::Range<usize>> {
    let start: usize = source
        .split_inclusive('\n')
        .take(line.checked_sub(1)? as usize)
        .map(str::len)
        .sum();
    let text = source.get(start..)?.lines().next()?;
    if text.trim().is_empty() {
        return None;
    }
    let indent = text.len() - text.trim_start().len();
    let at = column
        .checked_sub(1)
        .and_then(|column| text.char_indices().nth(column as usize))
        .map(|(at, _)| at);
    let Some(at) = at else {
        return Some(start + indent..start + text.trim_end().len());
    };
    let word = text[at..]
        .find(|char: char| !char.is_alphanumeric() && char != '_')
        .unwrap_or(text.len() - at);
    let first = text[at..].chars().next().map_or(1, char::len_utf8);
    Some(start + at..start + at + word.max(first))
}

#[cfg(test)]
mod tests {
    use super::{excerpt, Excerpt};

    const SOURCE: &str = "fn main() {\n    let n = numbers[index];\n}\n";

    fn shown(line: u32, column: u32) -> String {
        excerpt(Excerpt {
            title: "index out of bounds",
            source: SOURCE,
            path: "src/main.rs",
            line,
            column,
            label: "panicked here",
            colour: false,
        })
    }

    #[test]
    fn it_points_at_the_word() {
        let text = shown(2, 13);
        assert!(text.contains("--> src/main.rs:2:13"), "{text}");
        assert!(text.contains("2 |     let n = numbers[index];"), "{text}");
        assert!(text.contains("^^^^^^^ panicked here"), "{text}");
    }

    #[test]
    fn a_place_that_is_not_there_is_not_shown() {
        for (line, column) in [(0, 0), (99, 1)] {
            let text = shown(line, column);
            assert!(
                text.contains("index out of bounds") && !text.contains("-->"),
                "{text}"
            );
        }
        assert!(
            shown(2, 999).contains("^^^^^^^^^^^^^^^^^^^^^^^"),
            "{}",
            shown(2, 999)
        );
    }
}
