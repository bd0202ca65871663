# SPDX-License-Identifier: MIT
# record.awk - what script(1) logged of a terminal, as an animated SVG: each line appears when its last byte came.
# Variables: timing, out (the logs), folder (shown as ~). Knows carriage returns, erased lines and bold; other escapes are
# left out. No wait between two lines is shown longer than PAUSE seconds.

function escape(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	return s
}

# The line as it stands on the screen in the end: what a carriage return went back over is overwritten.
function shown(s, n, parts, i)
{
	sub(/\r+$/, "", s)
	n = split(s, parts, "\r")
	s = ""
	for (i = 1; i <= n; i++) {
		if (parts[i] ~ /^\033\[[02]?K/)
			s = ""
		s = parts[i] substr(s, length(parts[i]) + 1)
	}
	return s
}

# Adds a line, in the pieces that the terminal's width makes of it.
function add(s, typed, ours)
{
	typed = s ~ /^\033\[1m\$/
	ours = s ~ /^storeboot: /
	gsub(/\033\[[0-9;?]*[A-Za-z]/, "", s)
	gsub(/[\001-\037]| +$/, "", s)
	while ((i = index(s, folder)) > 0)
		s = substr(s, 1, i - 1) "~" substr(s, i + length(folder))
	shown_at += now - last < PAUSE ? now - last : PAUSE
	last = now
	do {
		text[++lines] = substr(s, 1, COLUMNS)
		when[lines] = shown_at
		class[lines] = typed ? "typed" : ours ? "ours" : ""
		s = substr(s, COLUMNS + 1)
	} while (s != "")
}

BEGIN {
	PAUSE = 1.2
	COLUMNS = 112
	RS = "^$"
	getline log_text < out
	sub(/^Script started[^\n]*\n/, "", log_text)
	sub(/\n\n?Script done[^\n]*\n?$/, "\n", log_text)
	RS = "\n"
	at = 1
	while ((getline < timing) > 0) {
		now += $1
		piece = substr(log_text, at, $2)
		at += $2
		while ((end = index(piece, "\n")) > 0) {
			add(shown(line substr(piece, 1, end - 1)))
			line = ""
			piece = substr(piece, end + 1)
		}
		line = line piece
	}

	height = 19 * lines + 32
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 980 %d\" font-family=\"monospace\" ", height
	printf "font-size=\"14\">\n<title>storeboot in a terminal</title>\n"
	print "<style>text { fill: #d8dee9; white-space: pre; animation: show 0.01s backwards }"
	print ".typed { fill: #fff; font-weight: bold } .ours { fill: #a3be8c }"
	print "@keyframes show { from { visibility: hidden } to { visibility: visible } }</style>"
	printf "<rect width=\"980\" height=\"%d\" rx=\"8\" fill=\"#22272e\"/>\n", height
	for (i = 1; i <= lines; i++)
		if (text[i] != "")
			printf "<text xml:space=\"preserve\" x=\"16\" y=\"%d\" class=\"%s\" " \
				"style=\"animation-delay: %.2fs\">%s</text>\n",
				19 * i + 12, class[i], when[i], escape(text[i])
	print "</svg>"
}
