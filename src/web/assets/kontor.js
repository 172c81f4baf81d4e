// Better with script, whole without it: every page works when this file never arrives.
(() => {
  const root = document.documentElement;
  const stored = (kind, name, value) => {
    try {
      return value === undefined ? window[kind].getItem(name) : window[kind].setItem(name, value);
    } catch {
      return null; // storage can be switched off; the page then forgets, and that is all
    }
  };

  // Before anything is painted, so that no page flashes in the other scheme.
  const themes = ['system', 'light', 'dark'];
  let theme = themes.includes(stored('localStorage', 'theme')) ? stored('localStorage', 'theme') : 'system';
  const paint = () => {
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  paint();
  root.classList.add('js');

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.getElementById('theme');
    if (button) {
      const name = () => {
        button.textContent = button.dataset[theme];
      };
      name();
      button.hidden = false;
      button.addEventListener('click', () => {
        theme = themes[(themes.indexOf(theme) + 1) % themes.length];
        stored('localStorage', 'theme', theme);
        paint();
        name();
      });
    }

    for (const copy of document.querySelectorAll('[data-copy]')) {
      copy.hidden = !navigator.clipboard;
      const words = copy.textContent;
      copy.addEventListener('click', async () => {
        await navigator.clipboard.writeText(copy.dataset.copy);
        copy.textContent = copy.dataset.done || '✓';
        setTimeout(() => {
          copy.textContent = words;
        }, 1500);
      });
    }

    // Browsers that cannot style the content of a closed details element get the filters opened instead.
    const sheet = document.querySelector('.sheet');
    if (sheet && !CSS.supports('selector(::details-content)') && matchMedia('(min-width: 761px)').matches)
      sheet.open = true;

    // A changed filter asks again; the place and the focus stay where they were.
    const form = document.getElementById('ask');
    if (form) {
      form.addEventListener('submit', () => {
        for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
      });
      document.addEventListener('change', (event) => {
        const field = event.target;
        if (!('auto' in field.dataset) || field.form !== form) return;
        stored('sessionStorage', 'at', JSON.stringify({ id: field.id, y: scrollY, sheet: sheet?.open }));
        form.requestSubmit();
      });
      // A page that comes back whole from the browser's memory shows what was asked, not what was ticked since.
      addEventListener('pageshow', (event) => {
        if (!event.persisted) return;
        for (const field of form.elements) field.disabled = false;
        form.reset();
      });
      document.getElementById('show')?.addEventListener('click', () => {
        sheet.open = false;
        document.querySelector('.answer').scrollIntoView();
      });
      const at = JSON.parse(stored('sessionStorage', 'at') || 'null');
      stored('sessionStorage', 'at', '');
      if (at) {
        if (sheet && at.sheet) sheet.open = true;
        document.getElementById(at.id)?.focus({ preventScroll: true });
        scrollTo(0, at.y);
      }
    }

    // A private key that was pasted by mistake does not leave this machine.
    const publishing = document.querySelector('form.publish');
    if (publishing) {
      const names = /^(private(Key)?(Jwk|Multibase|Base58|Pem|Hex)|secretKey(Jwk|Multibase))$/;
      const secret = (value) =>
        value !== null &&
        typeof value === 'object' &&
        ((typeof value.kty === 'string' && (typeof value.d === 'string' || typeof value.k === 'string')) ||
          Object.entries(value).some(([name, inner]) => (inner && names.test(name)) || secret(inner)));
      const holdsKey = (text) => {
        if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return true;
        try {
          return secret(JSON.parse(text));
        } catch {
          return false;
        }
      };
      let looked = false;
      publishing.addEventListener('submit', async (event) => {
        if (looked) return;
        const { credential, file } = publishing.elements;
        const [chosen] = file.files;
        const pasted = holdsKey(credential.value);
        if (pasted || chosen) event.preventDefault();
        const found = pasted || (chosen && holdsKey(await chosen.text()));
        const warning = document.getElementById('secret');
        warning.textContent = found ? warning.dataset.text : '';
        warning.className = found ? 'notice bad' : '';
        if (found || !chosen) return;
        looked = true;
        publishing.requestSubmit(event.submitter);
        looked = false;
      });
    }

    const drop = document.querySelector('textarea[data-drop]');
    const file = document.querySelector('input[type=file]');
    if (drop && file) {
      drop.addEventListener('dragover', (event) => {
        event.preventDefault();
        drop.classList.add('over');
      });
      drop.addEventListener('dragleave', () => drop.classList.remove('over'));
      drop.addEventListener('drop', (event) => {
        drop.classList.remove('over');
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        file.files = event.dataTransfer.files;
        file.dispatchEvent(new Event('change'));
      });
      const chosen = document.getElementById('chosen');
      file.addEventListener('change', () => {
        if (chosen) chosen.textContent = file.files[0] ? `${chosen.dataset.chosen} ${file.files[0].name}` : '';
      });
    }
  });

  // The note of a mark closes on Escape and on a click elsewhere.
  const closeNotes = (but) => {
    for (const open of document.querySelectorAll('.mark-box[open]')) if (open !== but) open.open = false;
  };
  document.addEventListener('click', (event) => closeNotes(event.target.closest?.('.mark-box')));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = document.querySelector('.mark-box[open]');
    closeNotes();
    open?.querySelector('summary').focus();
  });
})();
