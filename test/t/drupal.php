<?php

// drupal.php DIRECTORY [later] [other] MODEL: one request to the receiver of doc/drupal-eca.md, whose classes lie in
// DIRECTORY, beside the keys that it stores. MODEL is what ECA does: run, throw, or die.

namespace Drupal\Core\Site {
  final class Settings {
    public static function get(string $name, string $default): string {
      return $name === 'cs_health_key' ? 'key' : $default;
    }
  }
}

namespace Symfony\Component\HttpFoundation {
  final class Headers {
    public function __construct(private string $signature) {
    }

    public function get(string $name): ?string {
      return $name === 'X-Cs-Health-Signature' ? $this->signature : NULL;
    }
  }

  final class Request {
    public function __construct(private string $content, public Headers $headers) {
    }

    public function getContent(): string {
      return $this->content;
    }
  }

  final class Response {
    public function __construct(public string $content, public int $status) {
    }
  }
}

namespace Drupal\eca_base {
  final class BaseEvents {
    const CUSTOM = 'custom';
  }
}

namespace Drupal\eca_base\Event {
  final class CustomEvent {
    public function __construct(public string $id) {
    }

    public function addTokenNamesToReceive(array $names): void {
    }
  }
}

namespace {
  use Symfony\Component\HttpFoundation\Headers;
  use Symfony\Component\HttpFoundation\Request;

  /** Keys with an end, as Drupal's keyvalue.expirable; the tokens and the dispatcher of ECA. */
  final class Services {
    public function __construct(private string $file, private int $now, private string $model) {
    }

    private function keys(): array {
      $keys = is_file($this->file) ? json_decode(file_get_contents($this->file), TRUE) : [];
      return array_filter($keys, fn($key) => $key['until'] > $this->now);
    }

    private function keep(array $keys): void {
      file_put_contents($this->file, json_encode($keys));
    }

    public function get(string $key): mixed {
      return $key === 'cs_health_events' ? $this : $this->keys()[$key]['value'] ?? NULL;
    }

    public function setWithExpire(string $key, mixed $value, int $seconds): void {
      $this->keep([$key => ['value' => $value, 'until' => $this->now + $seconds]] + $this->keys());
    }

    public function setWithExpireIfNotExists(string $key, mixed $value, int $seconds): bool {
      $free = !isset($this->keys()[$key]);
      if ($free) {
        $this->setWithExpire($key, $value, $seconds);
      }
      return $free;
    }

    public function delete(string $key): void {
      $this->keep(array_diff_key($this->keys(), [$key => 1]));
    }

    public function addTokenData(string $name, mixed $value): void {
    }

    public function dispatch(object $event, string $name): void {
      match ($this->model) {
        'run' => print 'ran ',
        'throw' => throw new RuntimeException('failed'),
        'die' => die('dead'),
      };
    }
  }

  final class Drupal {
    public static Services $services;

    public static function service(string $name): Services {
      return self::$services;
    }
  }

  $directory = $argv[1];
  $id = in_array('other', $argv, TRUE) ? 'event 2' : 'event 1';
  $now = in_array('later', $argv, TRUE) ? time() + 61 : time();
  Drupal::$services = new Services("$directory/keys.json", $now, end($argv));
  require "$directory/Signature.php";
  require "$directory/Receiver.php";

  $body = json_encode(['id' => $id, 'kind' => 'churn.alert', 'data' => ['holdout' => FALSE]]);
  $signature = 't=' . time() . ',v1=' . hash_hmac('sha256', time() . '.' . $body, 'key');
  try {
    $receiver = new Drupal\cs_health_events\Controller\Receiver();
    echo $receiver->receive(new Request($body, new Headers($signature)))->status;
  }
  catch (RuntimeException $failure) {
    echo $failure->getMessage();
  }
}
