//! The page that the browser shows at the end of a login: no script, nothing from elsewhere.

/// Lays out a sentence as a page.
pub(super) fn render(connected: bool, message: &str) -> String {
    let (mark, title) = if connected { ("✓", "Connected") } else { ("!", "Not connected") };
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<main>\n<p class=\"mark\" aria-hidden=\"true\">{mark}</p>\n\
         <h1>{title}</h1>\n<p role=\"status\">{message}</p>\n</main>\n</html>\n"
    )
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.05rem/1.5 system-ui,sans-serif}\
                     body{margin:0;min-height:100vh;display:grid;place-items:center}\
                     main{max-width:26rem;padding:2rem;text-align:center}\
                     h1{font-size:1.4rem;margin:.5rem 0}\
                     .mark{font-size:2.5rem;margin:0}";
