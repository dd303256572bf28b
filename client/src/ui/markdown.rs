//! Markdown that people write for each other, as HTML that is safe to show.
//!
//! Documents come from anywhere: HTML in the text is shown as text, links lead to the web or to nothing, and pictures are
//! not loaded, because loading one tells its server who reads.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

/// HTML that cannot run, load or leave anything.
pub fn html(markdown: &str) -> String {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Image { link_type, dest_url, title, id } | Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: web_address(dest_url), title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        // Nobody ticks it here: a picture of a box, and no control.
        Event::TaskListMarker(done) => Event::InlineHtml(task(done).into()),
        // People press Enter and mean it.
        Event::SoftBreak => Event::HardBreak,
        other => other,
    });
    let mut out = String::new();
    push_html(&mut out, events);
    // Out of the canvas, into a tab of its own, and without a handle on this one.
    out.replace("<a href=", "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=")
}

fn task(done: bool) -> &'static str {
    if done {
        "<span class=\"task\" data-done=\"true\" role=\"img\" aria-label=\"Done\"></span>"
    } else {
        "<span class=\"task\" role=\"img\" aria-label=\"To do\"></span>"
    }
}

/// The first line that has words, without marks; at most 60 characters.
pub fn first_line(markdown: &str) -> Option<String> {
    const MAX_CHARS: usize = 60;
    let mut line = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => line.push_str(&text),
            // The end of something within a line is no end of it.
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link) => {}
            Event::SoftBreak | Event::HardBreak | Event::End(_) if !line.trim().is_empty() => break,
            _ => {}
        }
    }
    let line = line.trim();
    (!line.is_empty()).then(|| line.chars().take(MAX_CHARS).collect())
}

fn web_address(url: CowStr<'_>) -> CowStr<'_> {
    let lower = url.trim().to_ascii_lowercase();
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    if known { url } else { "#".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_set() {
        assert_eq!(html("**bold** and\nnext").trim(), "<p><strong>bold</strong> and<br />\nnext</p>");
        assert!(html("- [x] done").contains("aria-label=\"Done\"></span>done"));
    }

    #[test]
    fn html_is_shown_and_not_run() {
        for wild in
            ["<img src=x onerror=alert(1)> <script>alert(2)</script>", "<svg onload=alert(1)>", "<!-- a --><b>x</b>"]
        {
            let shown = html(wild);
            for tag in ["<img", "<script", "<svg", "<b>", "<!--"] {
                assert!(!shown.contains(tag), "{shown}");
            }
        }
    }

    #[test]
    fn links_lead_to_the_web_or_nowhere() {
        for wild in ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "/signed-in", "vbscript:x"] {
            assert!(html(&format!("[a]({wild})")).contains("href=\"#\""), "{wild}");
        }
        let link = html("[a](https://example.org \"t\")");
        assert!(link.contains("href=\"https://example.org\"") && link.contains("rel=\"noopener"), "{link}");
    }

    #[test]
    fn a_picture_is_a_link_and_not_loaded() {
        let shown = html("![a cat](https://example.org/cat.png)");
        assert!(!shown.contains("<img") && shown.contains("a cat"), "{shown}");
    }

    #[test]
    fn a_first_line_has_words_and_no_marks() {
        assert_eq!(first_line("\n---\n## **Start** here\nand then").as_deref(), Some("Start here"));
        assert_eq!(first_line("one\ntwo").as_deref(), Some("one"));
        assert_eq!(first_line(" \n- \n"), None);
        assert_eq!(first_line(&"ä".repeat(99)).map(|line| line.chars().count()), Some(60));
    }
}
